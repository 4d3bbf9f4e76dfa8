import { type LiveResult, useLiveQuery } from '@lockstep/sync/react';
import { getTableColumns, getTableName } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/**
 * The columns of a table that the local database has now. The page's code may know a column before the server does,
 * and keeps working on what is there until then.
 */
export function useLocalColumns(table: PgTable): LiveResult<{ readonly name: string }> {
  return useLiveQuery<{ readonly name: string }>({
    sql: `SELECT attname AS name FROM pg_attribute
          WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    params: [`public.${getTableName(table)}`],
  });
}

/** Of the columns of the schema, those that the local database has. */
export function pickColumns<T extends PgTable>(table: T, names: ReadonlySet<string>): T['_']['columns'] {
  const columns = Object.entries(getTableColumns(table)).filter(([, column]) => names.has(column.name));
  return Object.fromEntries(columns) as T['_']['columns'];
}
