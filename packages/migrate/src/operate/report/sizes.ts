import type { Executor } from '../../run/executor/executor.ts';

/** How much there is, in bytes. Rows are Postgres's own estimate; null where it never looked. */
export interface Sizes {
  readonly databaseBytes: number;
  readonly tables: number;
  /** The largest, largest first. */
  readonly largest: readonly {
    readonly table: string;
    readonly bytes: number;
    readonly rows: number | null;
  }[];
}

const LARGEST_MAX = 20;

export async function readSizes(executor: Executor): Promise<Sizes> {
  const [total] = await executor.query<{ bytes: string }>(
    'SELECT pg_database_size(current_database())::text AS bytes',
  );
  const tables = await executor.query<{ name: string; bytes: string; rows: string }>(
    `SELECT c.oid::regclass::text AS name, pg_total_relation_size(c.oid)::text AS bytes,
       c.reltuples::bigint::text AS rows
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     ORDER BY pg_total_relation_size(c.oid) DESC, 1`,
  );
  return {
    databaseBytes: Number(total?.bytes),
    tables: tables.length,
    largest: tables.slice(0, LARGEST_MAX).map(({ name, bytes, rows }) => ({
      table: name,
      bytes: Number(bytes),
      rows: Number(rows) < 0 ? null : Number(rows),
    })),
  };
}
