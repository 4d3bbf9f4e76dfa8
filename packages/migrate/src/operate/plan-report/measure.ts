import { formatQualifiedName } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';

/** How large a table is, and who is at it. */
export interface TableSize {
  /** `schema.name` */
  readonly relation: string;
  /** Counted where the table is small, estimated by the planner's statistics otherwise; null where neither is known. */
  readonly rows: number | null;
  readonly isExact: boolean;
  /** With its TOAST, without its indexes. */
  readonly tableBytes: number;
  readonly indexBytes: number;
  /** UPDATE and DELETE log the whole old row. */
  readonly hasFullReplicaIdentity: boolean;
}

/** Below this a count takes some milliseconds. */
const COUNTED_BYTES_MAX = 16 * 1024 * 1024;

/** Sizes of those relations (`schema.name`) that are tables and are there. Reads only. */
export async function measureTables(
  executor: Executor,
  relations: readonly string[],
): Promise<ReadonlyMap<string, TableSize>> {
  const rows = await executor.query<{
    schema: string;
    name: string;
    tuples: string;
    table_bytes: string;
    index_bytes: string;
    identity: string;
  }>(
    `SELECT n.nspname AS schema, c.relname AS name, c.reltuples::float8::text AS tuples,
       pg_table_size(c.oid)::text AS table_bytes, pg_indexes_size(c.oid)::text AS index_bytes,
       c.relreplident::text AS identity
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname || '.' || c.relname = ANY ($1::text::text[])
     ORDER BY 1, 2`,
    [textArray(relations)],
  );
  const sizes = new Map<string, TableSize>();
  for (const row of rows) {
    const tableBytes = Number(row.table_bytes);
    const isExact = tableBytes <= COUNTED_BYTES_MAX;
    const estimate = Number(row.tuples);
    sizes.set(`${row.schema}.${row.name}`, {
      relation: `${row.schema}.${row.name}`,
      rows: isExact ? await countRows(executor, row) : estimate < 0 ? null : Math.round(estimate),
      isExact,
      tableBytes,
      indexBytes: Number(row.index_bytes),
      hasFullReplicaIdentity: row.identity === 'f',
    });
  }
  return sizes;
}

async function countRows(executor: Executor, name: { schema: string; name: string }): Promise<number> {
  const [row] = await executor.query<{ n: string }>(
    `SELECT count(*)::text AS n FROM ${formatQualifiedName(name)}`,
  );
  return Number(row?.n);
}

/** An array in Postgres's own text form. */
function textArray(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
}

/** A transaction that holds a lock on a table, so that an ALTER of it would have to wait. */
export interface LockHolder {
  readonly relation: string;
  readonly lock: string;
  readonly processId: number;
  /** What the client calls itself; its statement isn't told, for there may be rows in it. */
  readonly application: string;
  readonly state: string;
  /** Since its transaction began. */
  readonly seconds: number;
}

/** Others who hold locks on these relations, longest first. None where nobody else can be. */
export async function findLockHolders(
  executor: Executor,
  relations: readonly string[],
): Promise<readonly LockHolder[]> {
  if (!executor.capabilities.isShared) return [];
  const rows = await executor.query<
    Record<'relation' | 'mode' | 'pid' | 'application' | 'state' | 'seconds', string>
  >(
    `SELECT n.nspname || '.' || c.relname AS relation, l.mode, l.pid::text AS pid, coalesce(a.application_name, '') AS application,
       coalesce(a.state, '') AS state, extract(epoch FROM clock_timestamp() - a.xact_start)::float8::text AS seconds
     FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND n.nspname || '.' || c.relname = ANY ($1::text::text[])
     ORDER BY a.xact_start, 1, 2`,
    [textArray(relations)],
  );
  return rows.map((row) => ({
    relation: row.relation,
    lock: row.mode
      .replace(/Lock$/, '')
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toUpperCase(),
    processId: Number(row.pid),
    application: row.application,
    state: row.state,
    seconds: Number(row.seconds),
  }));
}
