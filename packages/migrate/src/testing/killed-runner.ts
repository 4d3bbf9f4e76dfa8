import { writeSync } from 'node:fs';
import type { Executor } from '../run/executor/executor.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { HISTORY, type KilledRunnerOptions } from './kill.ts';

/** The process that `kill.ts` starts and kills: it migrates, and at the given boundary stands still. */
const options = JSON.parse(process.argv[2] ?? '') as KilledRunnerOptions;
let boundaries = 0;
function boundary(name: string): void {
  if (boundaries === options.stopAt) {
    writeSync(1, `${name}\n`);
    // Not even the event loop runs any more: nothing that is under way goes on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  boundaries += 1;
}

const { database } = options;
const whole = await open();
/** The control: a runner whose transactions are none. */
const executor: Executor = options.isBroken ? { ...whole, transaction: (body) => body(whole) } : whole;
await runMigrations(executor, HISTORY, {
  target: database.kind === 'pglite' ? 'embedded' : 'server',
  onEvent: (event) => boundary('tag' in event ? `${event.kind} ${event.tag}` : event.kind),
  alongside: async (_tx, { tag }) => boundary(`alongside ${tag}`),
  lease: { termMs: 300 },
});
writeSync(1, 'finished\n');
process.exit(0);

/** Loads what this run needs only: there are many of them. */
async function open(): Promise<Executor> {
  if (database.kind === 'pglite') {
    const { PGlite } = await import('@electric-sql/pglite');
    const { pgliteExecutor } = await import('../run/executor/pglite.ts');
    return pgliteExecutor(await PGlite.create(database.directory));
  }
  const { connect } = await import('./connect.ts');
  const { postgresExecutor } = await import('../run/executor/postgres.ts');
  return postgresExecutor(await connect(database.url));
}
