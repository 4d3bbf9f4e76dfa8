import { LockstepError } from '@lockstep/protocol';
import { type Clock, systemClock } from './clock.ts';
import type { Executor } from './executor/executor.ts';
import { ensureDatabaseTable, existingTables } from './tracking-schema.ts';

/** The id that a database got at its first run, a UUID; null before that. Creates nothing. */
export async function readDatabaseId(executor: Executor): Promise<string | null> {
  const tables = await existingTables(executor, ['lockstep.database']);
  if (tables.size === 0) return null;
  const [row] = await executor.query<{ id: string }>('SELECT id::text AS id FROM lockstep.database');
  return row?.id ?? null;
}

/** The id of a database, which it gets now if it has none. */
export async function ensureDatabaseId(executor: Executor, clock: Clock = systemClock): Promise<string> {
  await ensureDatabaseTable(executor, clock);
  const id = await readDatabaseId(executor);
  if (id === null) throw new Error('The table lockstep.database has no row.');
  return id;
}

/**
 * The error for a command that is meant for another database than it is connected to, or null: a database whose id
 * was pinned (`LOCKSTEP_DATABASE_ID`) is changed only under that id. Nothing is pinned with null, undefined or ''.
 */
export function identityError(
  expected: string | null | undefined,
  actual: string | null,
): LockstepError | null {
  if (expected === null || expected === undefined || expected === '') return null;
  if (actual?.toLowerCase() === expected.trim().toLowerCase()) return null;
  const found = actual === null ? 'this one has none yet' : `this one is ${actual}`;
  return new LockstepError('DATABASE_WRONG', {
    message: `The command is meant for the database ${expected}, and ${found}. Nothing was touched.`,
    remedy:
      'Check DATABASE_URL. If this is the database that you mean, set LOCKSTEP_DATABASE_ID to its id, or unset it.',
    details: { expected, actual },
  });
}

/** Raises DATABASE_WRONG unless the database is the expected one, or none is expected. */
export async function requireDatabase(
  executor: Executor,
  expected: string | null | undefined,
): Promise<void> {
  const error = identityError(expected, await readDatabaseId(executor));
  if (error !== null) throw error;
}
