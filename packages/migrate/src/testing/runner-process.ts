import { writeSync } from 'node:fs';
import { postgresExecutor } from '../run/executor/postgres.ts';
import { runMigrations } from '../run/run-migrations.ts';
import type { RunnerProcessOptions } from './concurrent-runners.ts';
import { CONCURRENT_HISTORY } from './concurrent-runners.ts';
import { connect } from './connect.ts';

/** A runner in a process of its own: tells its events and its result, a line of JSON each. */
const options = JSON.parse(process.argv[2] ?? '') as RunnerProcessOptions;
const client = await connect(options.url);
let isFrozen = false;
const result = await runMigrations(postgresExecutor(client), CONCURRENT_HISTORY, {
  target: 'server',
  lease: { holder: options.name, termMs: options.termMs, pollMs: 50 },
  onEvent(event) {
    const name = 'tag' in event ? `${event.kind} ${event.tag}` : event.kind;
    writeSync(1, `${JSON.stringify({ event: name })}\n`);
    // Frozen from within, so that it is exactly here.
    if (isFrozen || name !== options.freezeAt) return;
    isFrozen = true;
    process.kill(process.pid, 'SIGSTOP');
  },
}).catch((error: unknown) => ({ kind: 'lost', error }));
const code = 'error' in result && result.error instanceof Error ? Reflect.get(result.error, 'code') : null;
const applied =
  'migrations' in result ? result.migrations.filter(({ outcome }) => outcome === 'applied') : [];
writeSync(1, `${JSON.stringify({ result: result.kind, code, applied: applied.map(({ tag }) => tag) })}\n`);
process.exit(0);
