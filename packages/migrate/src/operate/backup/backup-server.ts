import { syncPath } from '../../embedded/sync-files.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { sqlStateOf } from '../../run/sql-error.ts';
import { databaseOf, urlOfDatabase, withConnection } from '../with-database.ts';
import { backupFailed } from './backup-error.ts';
import { checksum } from './checksum.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import type { BackupManifest } from './manifest.ts';
import { diffFromManifest } from './open-copy.ts';
import { findPgTools, type PgTools } from './pg-tools.ts';
import type { BackupPolicy } from './policy.ts';
import { findUnlisted, restoreDump } from './restore-dump.ts';
import { lastWords, runProgram } from './run-program.ts';
import { canCreateDatabases, createDatabaseLike, dropDatabase } from './scratch-database.ts';
import type { BackupDraft, StoredBackup } from './store.ts';
import { type BackupTarget, type ManifestOf, readFacts } from './target.ts';

export type ServerTarget = Extract<BackupTarget, { kind: 'server' }>;

/**
 * pg_dump in a snapshot that is read at the same time, so that the dump can be compared with what it is of, whatever
 * others write meanwhile. Raises BACKUP_TOOL_MISSING before anything is made.
 */
export function dumpServer(
  target: ServerTarget,
  policy: Pick<BackupPolicy, 'pgBin' | 'verify'>,
  draft: BackupDraft,
  describe: ManifestOf,
): Promise<StoredBackup> {
  return withConnection(target.url, async ({ executor }) => {
    const tools = await findPgTools(await majorOf(executor), { pgBin: policy.pgBin });
    const facts = await executor.transaction(async (tx) => {
      await tx.exec('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await tx.exec('SET LOCAL idle_in_transaction_session_timeout = 0');
      const [row] = await tx.query<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot');
      const read = await readFacts(tx, { withDigests: policy.verify === 'restore' });
      await dump(target, tools, draft.data, row?.snapshot ?? '');
      return read;
    });
    await syncPath(draft.data);
    const manifest = {
      ...describe(facts),
      data: { kind: 'dump' as const, ...(await checksum(draft.data)), pgDump: tools.version },
    };
    const verified = await verifyDump(target, executor, tools, draft.data, manifest, policy.verify);
    return draft.commit({ ...manifest, verified });
  });
}

export async function majorOf(executor: Executor): Promise<number> {
  const [row] = await executor.query<{ version: string }>(
    "SELECT current_setting('server_version_num') AS version",
  );
  return Math.floor(Number(row?.version) / 10_000);
}

async function dump(target: ServerTarget, tools: PgTools, file: string, snapshot: string): Promise<void> {
  const args = ['--format=custom', `--file=${file}`, `--snapshot=${snapshot}`, '--no-password'];
  const run = await runProgram(tools.pgDump, args, libpqEnvironment(target.url)).catch((cause: unknown) => {
    throw backupFailed(target.label, 'pg_dump could not be started', cause);
  });
  if (run.exitCode !== 0) throw backupFailed(target.label, `pg_dump failed: ${lastWords(run)}`);
}

type Verified = BackupManifest['verified'];
type Unverified = Omit<BackupManifest, 'verified'>;

async function verifyDump(
  target: ServerTarget,
  executor: Executor,
  tools: PgTools,
  file: string,
  manifest: Unverified,
  how: BackupPolicy['verify'],
): Promise<Verified> {
  await requireListed(target, tools, file, manifest);
  if (how === 'list') return less('only its table of contents was read, as configured');
  if (!(await canCreateDatabases(executor))) {
    return less(
      'only its table of contents was read, for the role may not create a database to restore it into',
    );
  }
  const scratch = `lockstep_verify_${Math.random().toString(36).slice(2, 10)}`;
  await createDatabaseLike(executor, scratch, databaseOf(target.url));
  try {
    const restored = await restoreDump(tools, file, target.url, scratch, { withOwners: false });
    if (restored.kind === 'not-allowed') {
      return less(
        `only its table of contents was read, for the role may not restore all of it (${restored.said})`,
      );
    }
    if (restored.kind === 'failed')
      throw backupFailed(target.label, `its dump does not restore: ${restored.said}`);
    const differences = await withConnection(urlOfDatabase(target.url, scratch), (copy) =>
      diffFromManifest(copy.executor, manifest),
    );
    if (differences.length > 0)
      throw backupFailed(target.label, `its dump differs: ${differences.join(', ')}`);
    return { kind: 'whole' };
  } finally {
    await dropDatabase(executor, scratch);
  }
}

async function requireListed(
  target: ServerTarget,
  tools: PgTools,
  file: string,
  { contents }: Unverified,
): Promise<void> {
  const missing = await findUnlisted(tools, file, Object.keys(contents));
  if (missing === null) throw backupFailed(target.label, 'its dump can not be read');
  if (missing.length > 0) throw backupFailed(target.label, `its dump lacks ${missing.join(', ')}`);
}

function less(because: string): Verified {
  return { kind: 'less', because };
}

/** Marks a place in the server's log, or writes down where that is when the role may not. */
export function markRestorePoint(
  target: ServerTarget,
  draft: BackupDraft,
  describe: ManifestOf,
): Promise<StoredBackup> {
  return withConnection(target.url, async ({ executor }) => {
    const base = describe(await executor.transaction((tx) => readFacts(tx, 'none')));
    const point = await createPoint(executor, base.name);
    const [row] = await executor.query<{ archive: string }>(
      "SELECT current_setting('archive_mode') AS archive",
    );
    const archive =
      row?.archive === 'off'
        ? "the server's archive_mode is off: without an archive of its log (or its provider's own) nothing can be restored from this"
        : 'the server keeps it in the archive of its log, which can not be seen from here';
    const name =
      point.name === null
        ? 'the role may not name a restore point, so only position and time are known; '
        : '';
    return draft.commit({
      ...base,
      data: { kind: 'restore-point', ...point },
      verified: less(name + archive),
    });
  });
}

/** Postgres: the role may not; or its log has too little in it for that. */
const NO_POINT: ReadonlySet<string | null> = new Set(['42501', '55000']);

async function createPoint(
  executor: Executor,
  name: string,
): Promise<{ readonly name: string | null; readonly lsn: string }> {
  const point = name.slice(0, 63); // MAXFNAMELEN
  try {
    const [row] = await executor.query<{ lsn: string }>(
      'SELECT pg_create_restore_point($1::text)::text AS lsn',
      [point],
    );
    return { name: point, lsn: row?.lsn ?? '' };
  } catch (error) {
    if (!NO_POINT.has(sqlStateOf(error))) throw error;
    const [row] = await executor.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
    return { name: null, lsn: row?.lsn ?? '' };
  }
}

const ID_CHARS_MAX = 500;

/** Has another program make the backup. It gets the names, and no shell reads them. */
export function callExternal(
  target: ServerTarget,
  command: readonly string[],
  draft: BackupDraft,
  describe: ManifestOf,
): Promise<StoredBackup> {
  return withConnection(target.url, async ({ executor }) => {
    const base = describe(await executor.transaction((tx) => readFacts(tx, 'none')));
    const [program = '', ...args] = command;
    const run = await runProgram(program, args, {
      LOCKSTEP_BACKUP_NAME: base.name,
      LOCKSTEP_BACKUP_DATABASE_ID: base.database.id ?? '',
      LOCKSTEP_BACKUP_VERSION: base.version?.tag ?? '',
    }).catch((cause: unknown) => {
      throw backupFailed(target.label, `${program} could not be started`, cause);
    });
    if (run.exitCode !== 0) throw backupFailed(target.label, `${program} failed: ${lastWords(run)}`);
    const id = run.stdout.trim().split('\n').at(-1)?.trim().slice(0, ID_CHARS_MAX) ?? '';
    if (id === '') throw backupFailed(target.label, `${program} printed no id of what it made`);
    return draft.commit({
      ...base,
      data: { kind: 'external', program, id },
      verified: less(`${program} keeps it, and only it can tell`),
    });
  });
}
