import type { LocalDatabase } from './contract.ts';

/** A query that takes longer than this still runs about as often. */
const REST_MS_MAX = 500;

export interface WatchOptions<Row> {
  readonly database: Pick<LocalDatabase, 'db' | 'onChange' | 'migrations'>;
  readonly sql: string;
  readonly params?: readonly unknown[];
  /** Runs the query in another way than by PGlite's `query`, e.g. through Drizzle with its mapping of rows. */
  readonly run?: () => Promise<readonly Row[]>;
  /** The rows, first once they are there and then after each commit that changed them. Rows that are equal are the same objects. */
  readonly onResult: (rows: readonly Row[]) => void;
  /** The query failed; it runs again after the next change. */
  readonly onError: (error: Error) => void;
}

/**
 * Runs a query now, and again after every commit that touches a table it reads; returns the way to stop.
 * One run at a time: changes that come meanwhile make one more, after a rest as long as the run took, so that the many
 * commits of a first load aren't held up by queries that each of them makes run again. While a local migration moves the schema nothing runs
 * and nothing is reported; after it the query runs on the new schema.
 */
export function watchQuery<Row = Readonly<Record<string, unknown>>>(options: WatchOptions<Row>): () => void {
  const { database, sql, params = [], onResult, onError } = options;
  const run = options.run ?? (async () => (await database.db.query<Row>(sql, [...params])).rows);
  let isStopped = false;
  let isRunning = false;
  let isDirty = true;
  /** Tables that the query reads; null while that isn't known, or can't be told from its plan. */
  let reads: ReadonlySet<string> | null = null;
  let isPlanKnown = false;
  let rows: readonly Row[] | null = null;

  const isSuspended = () => {
    const state = database.migrations.state.get();
    return state.kind === 'migrating' && state.step === 'schema';
  };

  async function runOnce(): Promise<void> {
    if (!isPlanKnown) {
      const tables = await readTables(database.db, sql, params);
      reads = tables.size === 0 ? null : tables;
      isPlanKnown = true;
    }
    const next = keepIdentity(rows, await run());
    if (isStopped || isSuspended() || next === rows) return;
    rows = next;
    onResult(next);
  }

  async function runWhileDirty(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (isDirty && !isStopped && !isSuspended()) {
      isDirty = false;
      const startedAt = performance.now();
      try {
        await runOnce();
        const restMs = Math.min(performance.now() - startedAt, REST_MS_MAX);
        if (isDirty) await new Promise((resolve) => setTimeout(resolve, restMs));
      } catch (error) {
        if (isSuspended()) isDirty = true;
        else if (!isStopped && !isLeaderChange(error)) {
          // The next result is told even if it is the one of before: it ends the failure.
          rows = null;
          onError(error instanceof Error ? error : new Error(String(error)));
        }
      }
    }
    isRunning = false;
  }

  function wake(): void {
    isDirty = true;
    void runWhileDirty();
  }

  const stopChanges = database.onChange((tables) => {
    if (reads === null || [...tables].some((table) => reads?.has(table))) wake();
  });
  let wasSuspended = isSuspended();
  const stopMigrations = database.migrations.state.subscribe(() => {
    const before = wasSuspended;
    wasSuspended = isSuspended();
    if (wasSuspended) {
      // Names and plans may differ on the new schema.
      isPlanKnown = false;
      reads = null;
    } else if (before) wake();
  });
  void runWhileDirty();
  return () => {
    isStopped = true;
    stopChanges();
    stopMigrations();
  };
}

/** The tab that held the database is gone. The next one's worker says that everything may have changed, once it is there. */
function isLeaderChange(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Leader changed');
}

/** Names of the tables that a query's plan reads: those of `public` bare, the others as `schema.name`. */
export async function readTables(
  db: Pick<LocalDatabase['db'], 'query'>,
  sql: string,
  params: readonly unknown[],
): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<Record<string, unknown>>(`EXPLAIN (VERBOSE, FORMAT JSON) ${sql}`, [
    ...params,
  ]);
  const names = new Set<string>();
  collectTables(Object.values(rows[0] ?? {}), names);
  return names;
}

function collectTables(node: unknown, names: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  const { 'Relation Name': name, Schema: schema } = node as Record<string, unknown>;
  if (typeof name === 'string') names.add(schema === 'public' ? name : `${String(schema)}.${name}`);
  for (const child of Object.values(node)) collectTables(child, names);
}

/** The new rows, with the old object for each row that is equal; the old list itself when nothing differs. */
export function keepIdentity<Row>(before: readonly Row[] | null, after: readonly Row[]): readonly Row[] {
  if (before === null) return after;
  const known = new Map<string, Row[]>();
  for (const row of before) {
    const text = textOf(row);
    const same = known.get(text);
    if (same === undefined) known.set(text, [row]);
    else same.push(row);
  }
  const kept = after.map((row) => known.get(textOf(row))?.shift() ?? row);
  const isSame = kept.length === before.length && kept.every((row, index) => row === before[index]);
  return isSame ? before : kept;
}

function textOf(row: unknown): string {
  return JSON.stringify(row, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}
