import { readFileSync, writeSync } from 'node:fs';
import type { Executor } from '../../run/executor/executor.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import { withBoundaries, withTrackingOutside } from './boundaries.ts';
import type { CrashJob, CrashReport } from './job.ts';
import { CRASH_PROGRAMS } from './programs.ts';

/** The process that is killed: it migrates, and at the given boundary it is gone. */
const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as CrashJob;
const { database, migrations } = job;
let boundaries = 0;
const boundary = () => {
  if (boundaries === job.killAt) {
    process.kill(process.pid, 'SIGKILL');
    // The signal comes at once; nothing may go on until it does.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  boundaries += 1;
};

const watched = withBoundaries(await open(), boundary, job.isStepwise);
const executor = job.isBroken ? withTrackingOutside(watched) : watched;
const target = database.kind === 'pglite' ? 'embedded' : 'server';
const bundle = { migrations, programs: CRASH_PROGRAMS };
const { kind } = await runMigrations(executor, bundle, { target, verify: 'off' });
const report: CrashReport = { boundaries, result: kind };
writeSync(1, JSON.stringify(report));
process.exit(0);

async function open(): Promise<Executor> {
  if (database.kind === 'pglite') {
    const { PGlite } = await import('@electric-sql/pglite');
    const { pgliteExecutor } = await import('../../run/executor/pglite.ts');
    return pgliteExecutor(await PGlite.create(database.directory));
  }
  const { connect } = await import('../connect.ts');
  const { postgresExecutor } = await import('../../run/executor/postgres.ts');
  return postgresExecutor(await connect(database.url));
}
