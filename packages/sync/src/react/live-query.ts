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

export function prepareLiveQuery<Row>(query: BuiltQuery<Row> | SqlQuery): PreparedLiveQuery<Row> {
  const isBuilt = 'toSQL' in query;
  const { sql, params = [] } = isBuilt ? query.toSQL() : query;
  const key = `${sql}\n${JSON.stringify(params, (_name, value) => (typeof value === 'bigint' ? `${value}n` : value))}`;
  const run = isBuilt
    ? async () => await query
    : async (database: LocalDatabase) => (await database.db.query<Row>(sql, [...params])).rows;
  return { key, sql, params, run };
}

/** Names of the relations that a plan of `EXPLAIN (FORMAT JSON)` reads. */
export function relationsOfPlan(plan: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: unknown) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'Relation Name' && typeof value === 'string') names.add(value);
      else visit(value);
    }
  };
  visit(plan);
  return names;
}

/** Whether a commit that wrote `changed` can alter the result of a query that reads `read` (null: unknown). */
export function isAffected(read: ReadonlySet<string> | null, changed: ReadonlySet<string>): boolean {
  if (read === null) return true;
  for (const table of changed) if (read.has(table)) return true;
  return false;
}

export interface LiveQueryListener<Row> {
  readonly onRows: (rows: readonly Row[]) => void;
  readonly onError: (error: Error) => void;
}

/**
 * Runs the query now and again after every commit that touches a table it reads; returns the way to stop.
 * One run at a time: changes that come meanwhile make one more. Nothing runs while the schema moves, and a failure
 * then is not reported: the query runs again on the new schema.
 */
export function followQuery<Row>(
  database: LocalDatabase,
  query: PreparedLiveQuery<Row>,
  listener: LiveQueryListener<Row>,
): () => void {
  const { state } = database.migrations;
  const isSchemaMoving = () => {
    const current = state.get();
    return current.kind === 'migrating' && current.step === 'schema';
  };
  let isStopped = false;
  let isRunning = false;
  let isDirty = true;
  let reads: ReadonlySet<string> | null = null;
  let arePlansKnown = false;

  const runOnce = async () => {
    if (!arePlansKnown) {
      reads = await readRelations(database, query);
      arePlansKnown = true;
    }
    const rows = await query.run(database);
    if (!isStopped && !isSchemaMoving()) listener.onRows(rows);
  };

  const pump = async () => {
    if (isRunning) return;
    isRunning = true;
    while (isDirty && !isStopped && !isSchemaMoving()) {
      isDirty = false;
      try {
        await runOnce();
      } catch (error) {
        if (isSchemaMoving()) isDirty = true;
        else if (!isStopped) listener.onError(error instanceof Error ? error : new Error(String(error)));
      }
    }
    isRunning = false;
  };
  const wake = () => {
    isDirty = true;
    void pump();
  };

  const stopChanges = database.onChange((changed) => {
    if (isAffected(reads, changed)) wake();
  });
  let wasMoving = isSchemaMoving();
  const stopMigrations = state.subscribe(() => {
    const isMoving = isSchemaMoving();
    if (isMoving === wasMoving) return;
    wasMoving = isMoving;
    // Names and plans may differ on the new schema.
    arePlansKnown = false;
    reads = null;
    if (!isMoving) wake();
  });
  void pump();
  return () => {
    isStopped = true;
    stopChanges();
    stopMigrations();
  };
}

/** The tables a query reads, from its plan; null when the plan names none (folded away, or hidden in a function). */
async function readRelations(
  database: LocalDatabase,
  query: PreparedLiveQuery<unknown>,
): Promise<ReadonlySet<string> | null> {
  const { rows } = await database.db.query<Record<string, unknown>>(`EXPLAIN (FORMAT JSON) ${query.sql}`, [
    ...query.params,
  ]);
  const names = relationsOfPlan(Object.values(rows[0] ?? {}));
  return names.size === 0 ? null : names;
}
