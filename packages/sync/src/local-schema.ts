import type { PGliteInterface } from '@electric-sql/pglite';
import { type AppliedMigration, readApplied, readAppliedEntries, runMigrations } from '@lockstep/migrate';
import { pgliteExecutor } from '@lockstep/migrate/pglite';
import { isLockstepError, LockstepError, quoteIdentifier, type ReplicaMigration } from '@lockstep/protocol';
import { describeError } from './error-report.ts';
import { positionChanges } from './follow.ts';
import { CREATE_SHAPES_TABLE, forgetPositions, forgetTables, renameTable } from './read/position.ts';
import { readLocalTables } from './read/table.ts';

/** What is applied to the local database, oldest first. */
export function readLocalMigrations(db: PGliteInterface): Promise<readonly ReplicaMigration[]> {
  return readAppliedEntries(pgliteExecutor(db));
}

export async function readAppliedRows(db: PGliteInterface): Promise<readonly AppliedMigration[]> {
  return (await readApplied(pgliteExecutor(db))).migrations.filter(({ step }) => step === null);
}

/**
 * Moves the local schema to the end of a history, each migration with what it does to stored positions in one
 * transaction. Raises `LOCAL_MIGRATION_FAILED`; what was applied before the failure stays.
 */
export async function moveSchema(
  db: PGliteInterface,
  migrations: readonly ReplicaMigration[],
  onApplied: (tag: string) => void = () => undefined,
): Promise<void> {
  await prepareLocalDatabase(db);
  try {
    const result = await runMigrations(
      pgliteExecutor(db),
      { migrations },
      {
        target: 'replica',
        alongside: (tx, migration) => tx.exec(positionStatements(migration)),
        onEvent: (event) => {
          if (event.kind === 'applied') onApplied(event.tag);
        },
      },
    );
    if ('error' in result) throw result.error;
  } catch (error) {
    throw localMigrationFailed(error);
  }
  // Arrays of a type that is new here are read as arrays from now on.
  await db.refreshArrayTypes();
}

/** Makes the bridge's own table, and drops what a refetch that was cut short has left. */
export async function prepareLocalDatabase(db: PGliteInterface): Promise<void> {
  await db.exec(CREATE_SHAPES_TABLE);
  await dropInTheWay(db);
}

function positionStatements({ footprint }: ReplicaMigration): string {
  const { resync, dropped, renamed } = positionChanges(footprint);
  return [
    'SELECT 1;',
    ...renamed.map(({ from, to }) => renameTable(from, to)),
    ...(dropped.length > 0 ? [forgetTables(dropped)] : []),
    ...(resync.length > 0 ? [forgetPositions(resync)] : []),
  ].join('\n');
}

/** True for a database that has tables but no history: it can't be moved, only built anew. */
export async function isWithoutHistory(db: PGliteInterface): Promise<boolean> {
  return (await readLocalMigrations(db)).length === 0 && (await readLocalTables(db)).size > 0;
}

/**
 * Empties the local database. It holds nothing but the server's rows, which come again; once it holds local writes,
 * those have to be carried over here (A11).
 */
export async function eraseSchema(db: PGliteInterface): Promise<void> {
  await dropInTheWay(db);
  const { rows } = await db.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'`,
  );
  const drops = rows.map(({ name }) => `DROP SCHEMA ${quoteIdentifier(name)} CASCADE;`);
  await db.transaction(async (tx) => {
    await tx.exec(`${drops.join('\n')} CREATE SCHEMA public;`);
  });
}

/** Forgets versions and positions: the next start builds the database anew. */
export async function forgetHistory(db: PGliteInterface): Promise<void> {
  await db.exec('DROP TABLE IF EXISTS lockstep.migrations; DELETE FROM lockstep.shapes;');
}

/** Temporary views of PGlite's live queries and leftover staging tables would block the DDL (decision 9). */
async function dropInTheWay(db: PGliteInterface): Promise<void> {
  const { rows } = await db.query<{ relation: string; kind: string }>(
    `SELECT c.oid::regclass::text AS relation, c.relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE (c.relkind = 'v' AND n.nspname LIKE 'pg\\_temp\\_%' AND c.relname LIKE 'live\\_query\\_%')
        OR (c.relkind = 'r' AND n.nspname = 'lockstep' AND c.relname LIKE 'staging:%')`,
  );
  for (const { relation, kind } of rows) {
    await db.exec(`DROP ${kind === 'v' ? 'VIEW' : 'TABLE'} IF EXISTS ${relation} CASCADE`);
  }
}

function localMigrationFailed(error: unknown): LockstepError {
  return new LockstepError('LOCAL_MIGRATION_FAILED', {
    message: `The local database could not be moved to the new schema: ${describeError(error)}`,
    remedy: 'Nothing was changed by the step that failed. Reload the page; its rows are still there.',
    ...(isLockstepError(error) && error.place !== null ? { place: error.place } : {}),
    details: isLockstepError(error) ? { code: error.code } : {},
    cause: error,
  });
}
