import { type DependencyList, useEffect, useMemo, useState } from 'react';
import { watchQuery } from '../live.ts';
import { type BuiltQuery, prepareLiveQuery, type SqlQuery } from './live-query.ts';
import { useLocalDatabase } from './provider.tsx';

export interface LiveResult<Row> {
  /** `loading` until the first result ever; `failed` keeps the rows of before. */
  readonly kind: 'loading' | 'ready' | 'failed';
  readonly rows: readonly Row[];
  readonly error: Error | null;
  /** The rows answer an earlier query: this one is still running. */
  readonly isStale: boolean;
}

interface Held<Row> {
  readonly key: string | null;
  readonly rows: readonly Row[];
  readonly error: Error | null;
}

/**
 * The rows of a query, again after every commit that touches them.
 * `query` is built by Drizzle (its row type and its mapping hold) or `{ sql, params }`. With `deps` the query is only
 * looked at again when they change; without, on every render, by its text and parameters. The last rows stay while a
 * changed query runs and while the schema moves: a list never flashes empty.
 */
export function useLiveQuery<Row>(query: BuiltQuery<Row>, deps?: DependencyList): LiveResult<Row>;
export function useLiveQuery<Row = Readonly<Record<string, unknown>>>(
  query: SqlQuery,
  deps?: DependencyList,
): LiveResult<Row>;
export function useLiveQuery<Row>(query: BuiltQuery<Row> | SqlQuery, deps?: DependencyList): LiveResult<Row> {
  const database = useLocalDatabase();
  // The caller's list stands for the query when there is one.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const current = useMemo(() => prepareLiveQuery(query), deps ?? [query]);
  // Equal queries are one: the subscription outlives a render that builds the same query again.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const prepared = useMemo(() => current, [current.key, database]);
  const [held, setHeld] = useState<Held<Row>>({ key: null, rows: [], error: null });

  useEffect(
    () =>
      watchQuery<Row>({
        database,
        sql: prepared.sql,
        params: prepared.params,
        run: () => prepared.run(database),
        onResult: (rows) => setHeld({ key: prepared.key, rows, error: null }),
        onError: (error) => setHeld((before) => ({ ...before, error })),
      }),
    [database, prepared],
  );

  const kind = held.error !== null ? 'failed' : held.key === null ? 'loading' : 'ready';
  return { kind, rows: held.rows, error: held.error, isStale: held.key !== prepared.key };
}
