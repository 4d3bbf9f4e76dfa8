import type { LocalDatabase } from '../contract.ts';

/** A query built by Drizzle: its SQL, and itself as the way to run it with Drizzle's own mapping of rows. */
export interface BuiltQuery<Row> extends PromiseLike<readonly Row[]> {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

/** SQL by hand; rows come as PGlite parses them. */
export interface SqlQuery {
  readonly sql: string;
  readonly params?: readonly unknown[];
}

export interface PreparedLiveQuery<Row> {
  /** Equal keys, equal results on equal data. */
  readonly key: string;
  readonly sql: string;
  readonly params: readonly unknown[];
  readonly run: (database: LocalDatabase) => Promise<readonly Row[]>;
}

/** What both kinds of query are for `watchQuery`. */
export function prepareLiveQuery<Row>(query: BuiltQuery<Row> | SqlQuery): PreparedLiveQuery<Row> {
  const isBuilt = 'toSQL' in query;
  const { sql, params = [] } = isBuilt ? query.toSQL() : query;
  const run = isBuilt
    ? async () => await query
    : async (database: LocalDatabase) => (await database.db.query<Row>(sql, [...params])).rows;
  return { key: `${sql}\n${formatParams(params)}`, sql, params, run };
}

function formatParams(params: readonly unknown[]): string {
  return JSON.stringify(params, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
