import { formatQualifiedName, parseLsn, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import { inspectTable } from './catalogue.ts';
import { type Database, OUTPUT_SETTINGS, sqlState } from './connection.ts';
import type { SnapshotPoint, Table } from './source.ts';

const LOCK_TIMEOUT_MS = 10_000;

export interface SnapshotRequest {
  readonly publication: string;
  readonly table: Table;
  /** Selected columns, in the order of the messages. */
  readonly columns: readonly string[];
  readonly keyColumns: readonly string[];
  /** The start of every key, `"schema"."table"` escaped. */
  readonly keyPrefix: string;
  /** A condition as SQL, or null for all rows. */
  readonly where: string | null;
  /** False: only the point is taken (a shape of changes only). */
  readonly rows: boolean;
}

export interface SnapshotEvents {
  /** Before each look at the table. */
  readonly onAttempt: () => void;
  /** The table as the snapshot sees it and the point; false makes it start over with a newer point. */
  readonly onPoint: (table: Table, point: SnapshotPoint) => 'go' | 'again' | 'stop';
  /** One message as JSON; valid during the call only. */
  readonly onRow: (json: Buffer) => void;
}

export type SnapshotResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped' }
  /** The table or one of the columns is not there any more. */
  | { readonly kind: 'gone' }
  /** The condition, or a cast in it, fails on a row. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'failed'; readonly message: string };

const AGAIN_DELAY_S = 0.02;
const ATTEMPTS_MAX = 500;

/** Reads the table as one transaction sees it, as ready messages. */
export async function takeSnapshot(
  database: Database,
  request: SnapshotRequest,
  events: SnapshotEvents,
): Promise<SnapshotResult> {
  try {
    return await database.session(async (session) => {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
        await session.run(openSql(request.table));
        events.onAttempt();
        const point = await readPoint(session);
        const table = await inspectTable(
          session,
          request.publication,
          request.table.schema,
          request.table.name,
        );
        if (table === null) return { kind: 'gone' };
        const decision = events.onPoint(table, point);
        if (decision === 'again') {
          await session.run('ROLLBACK');
          await session.query('SELECT pg_sleep($1)', [AGAIN_DELAY_S]);
          continue;
        }
        if (decision === 'stop') {
          await session.run('ROLLBACK');
          return { kind: 'stopped' };
        }
        if (request.rows) await session.copy(rowsSql(request), events.onRow);
        await session.run('COMMIT');
        return { kind: 'done' };
      }
      return { kind: 'failed', message: 'Unable to create initial snapshot: no consistent point was found' };
    });
  } catch (error) {
    const state = sqlState(error);
    if (state === undefined) throw error;
    if (state === '42P01' || state === '42703' || state === '42883' || state === '3F000')
      return { kind: 'gone' };
    if (state.startsWith('22')) return { kind: 'invalid' };
    return { kind: 'failed', message: `Unable to create initial snapshot: ${(error as Error).message}` };
  }
}

/** The lock comes before the snapshot: until the transaction ends nobody can change what the table is. */
function openSql(table: Table): string {
  const settings = OUTPUT_SETTINGS.map((setting) => `SET LOCAL ${setting};`).join(' ');
  return `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; ${settings} LOCK TABLE ${formatQualifiedName(table)} IN ACCESS SHARE MODE`;
}

async function readPoint(session: { query<Row>(sql: string): Promise<Row[]> }): Promise<SnapshotPoint> {
  // The snapshot is taken before the first expression is evaluated, so the position is not older than it.
  const [row] = await session.query<{ snapshot: string; lsn: string }>(
    'SELECT pg_current_snapshot()::text AS snapshot, pg_current_wal_insert_lsn()::text AS lsn',
  );
  if (row === undefined) throw new Error('Postgres answered no snapshot.');
  const [xmin = '0', xmax = '0', running = ''] = row.snapshot.split(':');
  return {
    xmin: BigInt(xmin),
    xmax: BigInt(xmax),
    running: running === '' ? [] : running.split(',').map(BigInt),
    lsn: parseLsn(row.lsn),
  };
}

/** CSV with a quote and a delimiter that JSON never contains raw: each row of the output is the message and a newline. */
function rowsSql(request: SnapshotRequest): string {
  const types = new Map(request.table.columns.map((column) => [column.name, column.typeName]));
  const arrays = new Map(request.table.columns.map((column) => [column.name, column.isArray]));
  const text = (name: string) => {
    const column = quoteIdentifier(name);
    // A cast to text would lose the padding of character(n).
    if (types.get(name) === 'bpchar' && arrays.get(name) !== true) {
      return `CASE WHEN ${column} IS NULL THEN NULL ELSE concat(${column}) END`;
    }
    return `${column}::text`;
  };
  const value = (name: string) =>
    `${quoteLiteral(`${JSON.stringify(name)}:`)} || coalesce(to_json(${text(name)})::text, 'null')`;
  // The key has what the stream would say of the value: `concat` calls the type's output function.
  const key = request.keyColumns
    .map((name) => {
      const column = quoteIdentifier(name);
      return `'/' || CASE WHEN ${column} IS NULL THEN '_' ELSE '"' || replace(concat(${column}), '/', '//') || '"' END`;
    })
    .join(' || ');
  const keyJson = `to_json(${quoteLiteral(request.keyPrefix)} || ${key})::text`;
  const relation = JSON.stringify([request.table.schema, request.table.name]);
  const tail = `},"headers":{"relation":${relation},"operation":"insert"}}`;
  const message = `'{"key":' || ${keyJson} || ',"value":{' || ${request.columns.map(value).join(` || ',' || `)} || ${quoteLiteral(tail)}`;
  const where = request.where === null ? '' : ` WHERE ${request.where}`;
  return `COPY (SELECT ${message} FROM ONLY ${formatQualifiedName(request.table)}${where}) TO STDOUT (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02')`;
}
