import { formatQualifiedName, type QualifiedName, quoteIdentifier } from '@lockstep/protocol';
import { inspectTable } from './catalogue.ts';
import { type Database, type Session, sqlState } from './connection.ts';
import type { Table } from './source.ts';

const LOCK_TIMEOUT_MS = 5_000;
const WRITERS_POLL_MS = 50;
const WRITERS_TIMEOUT_MS = 30_000;

export type PublishingMode = 'automatic' | 'manual';

/** `message` has Electric's words. */
export type PublishingResult =
  | { readonly kind: 'published'; readonly table: Table }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly message: string };

/** Creates the publication unless it exists: empty, tables join it with their first shape. */
export async function ensurePublication(database: Database, publication: string): Promise<void> {
  const [row] = await database.query<{ version: number; found: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version,
            EXISTS (SELECT 1 FROM pg_publication WHERE pubname = $1) AS found`,
    [publication],
  );
  if (row === undefined || row.found) return;
  const options = row.version >= 180_000 ? ' WITH (publish_generated_columns = stored)' : '';
  await database
    .query(`CREATE PUBLICATION ${quoteIdentifier(publication)}${options}`)
    .catch((error: unknown) => {
      // Another server of the same stream may have been faster.
      if (sqlState(error) !== '42710' && sqlState(error) !== '23505') throw error;
    });
}

/**
 * Makes sure that every later change of the table is in the stream, with its old row.
 * When it returns `published`, no transaction that wrote the table before is still open.
 */
export async function ensurePublished(
  database: Database,
  publication: string,
  mode: PublishingMode,
  table: Table,
  /** Memberships for which this was already seen to be so. */
  settled: Set<string>,
): Promise<PublishingResult> {
  const known = `${table.oid}:${table.membership}`;
  if (table.hasFullIdentity && settled.has(known)) return { kind: 'published', table };
  if (mode === 'manual') {
    const problem = findProblem(table, publication);
    if (problem !== null) return { kind: 'failed', message: problem };
  }
  try {
    return await database.session(async (session): Promise<PublishingResult> => {
      if (table.membership === null || !table.hasFullIdentity) await publish(session, publication, table);
      const current = await inspectTable(session, publication, table.schema, table.name);
      if (current === null || current.oid !== table.oid) return { kind: 'gone' };
      const problem = findProblem(current, publication);
      if (problem !== null) return { kind: 'failed', message: problem };
      await awaitWriters(session, table.oid);
      settled.add(`${current.oid}:${current.membership}`);
      return { kind: 'published', table: current };
    });
  } catch (error) {
    const state = sqlState(error);
    if (state === '42P01') return { kind: 'gone' };
    if (state === undefined) throw error;
    return { kind: 'failed', message: `Unable to create initial snapshot: ${(error as Error).message}` };
  }
}

/**
 * In one transaction that holds the table's strongest lock: a writer is either done before the table is in the
 * publication, or starts after it. Waiting for the lock is bounded, because everybody else queues behind it.
 */
async function publish(session: Session, publication: string, table: Table): Promise<void> {
  const name = formatQualifiedName(table);
  await session.run('BEGIN');
  await session.run(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await session.run(`LOCK TABLE ONLY ${name} IN ACCESS EXCLUSIVE MODE`);
  if (!table.hasFullIdentity) await session.run(`ALTER TABLE ONLY ${name} REPLICA IDENTITY FULL`);
  if (table.membership === null) {
    const current = await inspectTable(session, publication, table.schema, table.name);
    if (current?.membership === null) {
      await session.run(`ALTER PUBLICATION ${quoteIdentifier(publication)} ADD TABLE ONLY ${name}`);
    }
  }
  await session.run('COMMIT');
}

/**
 * Somebody else may have put the table into the publication while a transaction was writing it: what that transaction
 * wrote before is not in the stream, so its end is awaited and the snapshot has it. Gives up after a while: such a
 * transaction can only have lost rows when it is older than the table's publishing.
 */
async function awaitWriters(session: Session, oid: number): Promise<void> {
  const writers = async () =>
    session.query<{ id: string }>(
      `SELECT virtualtransaction AS id FROM pg_locks
       WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND relation = $1::oid AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()`,
      [oid],
    );
  const open = new Set((await writers()).map((row) => row.id));
  const deadline = Date.now() + WRITERS_TIMEOUT_MS;
  while (open.size > 0 && Date.now() < deadline) {
    await session.query('SELECT pg_sleep($1)', [WRITERS_POLL_MS / 1000]);
    const still = new Set((await writers()).map((row) => row.id));
    for (const id of open) if (!still.has(id)) open.delete(id);
  }
}

/** Why changes of the table would not be complete in the stream, or null. */
function findProblem(table: Table, publication: string): string | null {
  const name = plainName(table);
  if (table.membership === null) {
    return `Database table "${name}" is missing from the publication "${publication}" and the ELECTRIC_MANUAL_TABLE_PUBLISHING setting prevents Electric from adding it`;
  }
  if (!table.hasFullIdentity)
    return `Database table "${name}" does not have its replica identity set to FULL`;
  return null;
}

function plainName(table: QualifiedName): string {
  return `${table.schema}.${table.name}`;
}
