import { currentVersion } from '../run/applied.ts';
import type { Executor } from '../run/executor/executor.ts';
import { readDatabaseId } from '../run/identity.ts';
import { readApplied } from '../run/tracking.ts';

/** Where an open PGlite is. */
export interface EmbeddedState {
  /** Where its log ends. */
  readonly lsn: string;
  /** Where recovery would begin: moves with each checkpoint. */
  readonly redoLsn: string;
  readonly systemIdentifier: string;
  readonly databaseId: string | null;
  /** The newest migration that is applied, and its chain. */
  readonly tag: string | null;
  readonly chain: string | null;
  /** Created in the database, and not among what this PGlite loads. */
  readonly missingExtensions: readonly string[];
}

export async function readState(executor: Executor): Promise<EmbeddedState> {
  const [row] = await executor.query<{ lsn: string; redo: string; system: string }>(
    `SELECT pg_current_wal_insert_lsn()::text AS lsn, (SELECT redo_lsn::text FROM pg_control_checkpoint()) AS redo,
       (SELECT system_identifier::text FROM pg_control_system()) AS system`,
  );
  if (row === undefined) throw new Error('A SELECT without FROM has one row.');
  const missing = await executor.query<{ name: string }>(
    `SELECT extname AS name FROM pg_extension
     WHERE NOT EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = extname) ORDER BY extname`,
  );
  const version = currentVersion(await readApplied(executor));
  return {
    lsn: row.lsn,
    redoLsn: row.redo,
    systemIdentifier: row.system,
    databaseId: await readDatabaseId(executor),
    tag: version?.tag ?? null,
    chain: version?.chain ?? null,
    missingExtensions: missing.map(({ name }) => name),
  };
}
