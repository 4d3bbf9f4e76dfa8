import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Extensions, PGlite } from '@electric-sql/pglite';
import { isLockstepError, LockstepError, quoteIdentifier } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { freeLease } from '../../run/lease.ts';
import { sqlStateOf } from '../../run/sql-error.ts';
import { majorOf } from '../backup/backup-server.ts';
import { copyTree } from '../backup/copy-tree.ts';
import { libpqEnvironment } from '../backup/libpq-environment.ts';
import { findPgTools } from '../backup/pg-tools.ts';
import { restoreDump } from '../backup/restore-dump.ts';
import { lastWords, runProgram } from '../backup/run-program.ts';
import { createDatabaseLike, dropDatabase } from '../backup/scratch-database.ts';
import { connectPostgres, type PostgresConnection } from '../connect-postgres.ts';
import { openPglite } from '../open-pglite.ts';
import { databaseOf, urlOfDatabase, withConnection } from '../with-database.ts';
import type { CopyKind } from './report.ts';

/** A database to rehearse on a copy of. */
export type RehearsalTarget =
  | {
      readonly kind: 'embedded';
      readonly db: Pick<PGlite, 'dumpDataDir'>;
      readonly executor: Executor;
      readonly directory: string | null;
      readonly extensions?: Extensions;
    }
  | {
      readonly kind: 'server';
      /** Secret. Of the Postgres itself. */
      readonly url: string;
      /** Connects to the copy: through the migrations proxy where migrations need it. */
      readonly connect?: (url: string) => Promise<PostgresConnection>;
      readonly pgBin?: string | undefined;
      readonly maintenanceDatabase?: string;
    };

export interface Copy {
  readonly kind: CopyKind;
  readonly executor: Executor;
  /** Closes it and leaves nothing of it. */
  drop(): Promise<void>;
}

/** Makes a copy. Raises REHEARSAL_IMPOSSIBLE; then nothing of it is left. */
export function makeCopy(target: RehearsalTarget): Promise<Copy> {
  return target.kind === 'embedded' ? copyEmbedded(target) : copyServer(target);
}

async function copyEmbedded(target: Extract<RehearsalTarget, { kind: 'embedded' }>): Promise<Copy> {
  const { db, executor, directory, extensions = {} } = target;
  if (directory === null) {
    const loadDataDir = await executor.transaction(() => db.dumpDataDir('none'));
    const copy = await openPglite(null, { loadDataDir, extensions });
    return { kind: 'memory', executor: copy.executor, drop: copy.close };
  }
  // Beside the original: there the file system can share the blocks, and has the room for what it can't.
  const place = `${directory}.rehearsal-${process.pid}`;
  const clear = () => rm(place, { recursive: true, force: true });
  await clear();
  try {
    await executor.exec('CHECKPOINT');
    await executor.transaction(() => copyTree(directory, place));
    const copy = await openPglite(place, { extensions });
    return { kind: 'directory', executor: copy.executor, drop: () => inTurn(copy.close, clear) };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** The second also when the first throws. */
async function inTurn(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
  try {
    await first();
  } finally {
    await second();
  }
}

/** Postgres: others are connected; the role may not copy it; it may not create databases. */
const NO_TEMPLATE: ReadonlySet<string | null> = new Set(['55006', '42501']);

async function copyServer(target: Extract<RehearsalTarget, { kind: 'server' }>): Promise<Copy> {
  const { url, connect = connectPostgres, maintenanceDatabase = 'postgres' } = target;
  const name = `lockstep_rehearsal_${Math.random().toString(36).slice(2, 10)}`;
  const onServer = <T>(body: (executor: Executor) => Promise<T>) =>
    withConnection(urlOfDatabase(url, maintenanceDatabase), ({ executor }) => body(executor));
  const drop = () => onServer((executor) => dropDatabase(executor, name));
  try {
    const kind = await onServer((executor) => create(executor, target, name));
    const copyUrl = urlOfDatabase(url, name);
    await withConnection(copyUrl, ({ executor }) => freeLease(executor));
    const connection = await connect(copyUrl);
    return { kind, executor: connection.executor, drop: () => inTurn(connection.close, drop) };
  } catch (error) {
    await drop();
    throw error;
  }
}

async function create(
  executor: Executor,
  target: Extract<RehearsalTarget, { kind: 'server' }>,
  name: string,
): Promise<'template' | 'dump'> {
  const original = databaseOf(target.url);
  try {
    await executor.exec(`CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE ${quoteIdentifier(original)}`);
    return 'template';
  } catch (error) {
    if (!NO_TEMPLATE.has(sqlStateOf(error))) throw error;
    await fromDump(executor, target, name, error instanceof Error ? error.message : String(error));
    return 'dump';
  }
}

async function fromDump(
  executor: Executor,
  { url, pgBin }: Extract<RehearsalTarget, { kind: 'server' }>,
  name: string,
  whyNoTemplate: string,
): Promise<void> {
  const tools = await findPgTools(await majorOf(executor), { pgBin }).catch((error: unknown) => {
    throw isLockstepError(error)
      ? impossible(`${whyNoTemplate}; and no dump: ${error.message}`, error)
      : error;
  });
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-rehearsal-'));
  try {
    const file = join(folder, 'dump');
    const dumped = await runProgram(
      tools.pgDump,
      ['--format=custom', `--file=${file}`, '--no-password'],
      libpqEnvironment(url),
    );
    if (dumped.exitCode !== 0) throw impossible(`${whyNoTemplate}; and pg_dump failed: ${lastWords(dumped)}`);
    await createDatabaseLike(executor, name, databaseOf(url));
    const restored = await restoreDump(tools, file, url, name, { withOwners: false });
    if (restored.kind !== 'restored') {
      throw impossible(`${whyNoTemplate}; and the dump did not restore: ${restored.said}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function impossible(why: string, cause?: unknown): LockstepError {
  return new LockstepError('REHEARSAL_IMPOSSIBLE', {
    message: `No copy to rehearse on could be made: ${why}.`,
    remedy:
      'Rehearse while nobody is connected, with a role that may create databases; or install a pg_dump of the server’s version; or restore a backup elsewhere and migrate that.',
    ...(cause === undefined ? {} : { cause }),
  });
}
