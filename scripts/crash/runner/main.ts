import { appendFileSync, readFileSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Executor, type RunEvent, runMigrations } from '@lockstep/migrate';
import type { MigrationBundle, MigrationProgram } from '@lockstep/protocol';
import { createBoundaries } from './boundaries.ts';
import { breakExecutor } from './broken.ts';
import type { OpenDatabase } from './open-database.ts';
import type { ReportLine, RunnerOptions } from './options.ts';
import { readState } from './state.ts';

/** A runner in a process of its own: tells in which state it finds the database, and migrates until it is killed. */
const options = JSON.parse(process.argv[2] ?? '') as RunnerOptions;
const tell = (line: ReportLine) => appendFileSync(options.report, `${JSON.stringify(line)}\n`);
const boundaries = createBoundaries(options);
const bundle = await readBundle();
const { executor, integrity, target } = await open();
tell({ kind: 'state', state: await readState(executor) });
for (const what of (await integrity?.()) ?? []) tell({ kind: 'damaged', what });
if (options.mend !== null) await executor.exec(options.mend);
if (options.records) tell({ kind: 'state', state: await readState(executor) });
// What the generated histories fail on is there on this connection only.
await executor.exec("SET crash.is_spoiled = 'on'");
writeSync(1, 'begins\n');

boundaries.arm();
const result = await runMigrations(
  options.records ? recording(executor) : breakExecutor(executor, options.broken),
  bundle,
  {
    target,
    onEvent(event) {
      if (event.kind === 'applied') tell({ kind: 'applied', tag: event.tag });
      boundaries.reach('event', nameOf(event));
    },
  },
);
boundaries.disarm();
const failed = 'error' in result ? result.error : null;
tell({
  kind: 'ended',
  result: result.kind,
  tag: result.migrations.find(({ outcome }) => outcome === 'failed')?.tag ?? null,
  message: failed === null ? null : `${failed.code}: ${failed.message}`,
  state: await readState(executor),
});
// As every application ends that nobody closes a database for.
process.exit(0);

async function readBundle(): Promise<MigrationBundle> {
  const { migrations } = JSON.parse(readFileSync(options.bundle, 'utf8')) as MigrationBundle;
  const programs: Record<string, MigrationProgram> = {};
  for (const [tag, path] of Object.entries(options.programs)) {
    const module = (await import(pathToFileURL(path).href)) as { default: MigrationProgram };
    programs[tag] = module.default;
  }
  return { migrations, programs };
}

/** Loads what this run needs only: there are hundreds of them. */
async function open(): Promise<OpenDatabase> {
  const { database } = options;
  if (database.kind === 'pglite') {
    return (await import('./open-pglite.ts')).openPglite(database.directory, boundaries);
  }
  return (await import('./open-postgres.ts')).openPostgres(database, boundaries);
}

/** Tells the state after every call, one migration at a time: whatever is committed is seen. */
function recording(whole: Executor): Executor {
  const seen = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } finally {
      tell({ kind: 'state', state: await readState(whole) });
    }
  };
  return {
    capabilities: { ...whole.capabilities, isInProcess: false },
    query: (sql, params) => seen(() => whole.query(sql, params)),
    exec: (sql) => seen(() => whole.exec(sql)),
    transaction: (body) => seen(() => whole.transaction(body)),
  };
}

function nameOf(event: RunEvent): string {
  const tag = 'tag' in event ? ` ${event.tag}` : '';
  const statement = event.kind === 'statement' ? ` ${event.statement}` : '';
  return `${event.kind}${tag}${statement}`;
}
