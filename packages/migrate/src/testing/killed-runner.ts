import { writeSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { pgliteExecutor } from '../run/executor/pglite.ts';
import { postgresExecutor } from '../run/executor/postgres.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { connect } from './databases.ts';
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
const whole =
  database.kind === 'pglite'
    ? pgliteExecutor(await PGlite.create(database.directory))
    : postgresExecutor(await connect(database.url));
/** The control: a runner whose transactions are none. */
const executor = options.isBroken
  ? { ...whole, transaction: (body: (tx: typeof whole) => unknown) => body(whole) }
  : whole;
await runMigrations(executor as typeof whole, HISTORY, {
  target: database.kind === 'pglite' ? 'embedded' : 'server',
  onEvent: (event) => boundary('tag' in event ? `${event.kind} ${event.tag}` : event.kind),
  alongside: async (_tx, { tag }) => boundary(`alongside ${tag}`),
  lease: { termMs: 300 },
});
writeSync(1, 'finished\n');
process.exit(0);
