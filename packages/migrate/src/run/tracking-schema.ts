import { quoteIdentifier } from '@lockstep/protocol';
import { type Clock, jitter } from './clock.ts';
import { drizzleTable, type TrackingOptions } from './drizzle-table.ts';
import type { Executor } from './executor/executor.ts';
import { sqlStateOf } from './sql-error.ts';
import type { Target } from './target.ts';

/** Word for word what drizzle-orm 0.45 makes; 1.0 adds its columns by itself. */
function drizzlesTable(tracking: TrackingOptions) {
  const name = drizzleTable(tracking);
  return {
    name,
    sql: `CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(tracking.schema ?? 'drizzle')};
      CREATE TABLE IF NOT EXISTS ${name} (
        id SERIAL PRIMARY KEY,
        hash text NOT NULL,
        created_at bigint
      )`,
  };
}

const MIGRATIONS_TABLE = {
  name: 'lockstep.migrations',
  // The tag's uniqueness waits for the commit, so that renumbered rows can trade their tags.
  sql: `CREATE SCHEMA IF NOT EXISTS lockstep;
    CREATE TABLE IF NOT EXISTS lockstep.migrations (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      tag text NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,
      index integer NOT NULL,
      "when" bigint NOT NULL,
      hash text NOT NULL,
      chain text NOT NULL,
      entry jsonb NOT NULL,
      target text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      duration_ms integer,
      step integer,
      attempt jsonb
    )`,
};

const LEASE_TABLE = {
  name: 'lockstep.lease',
  sql: `CREATE SCHEMA IF NOT EXISTS lockstep;
    CREATE TABLE IF NOT EXISTS lockstep.lease (
      id integer PRIMARY KEY CHECK (id = 1),
      token bigint NOT NULL,
      holder text,
      expires_at timestamptz
    );
    INSERT INTO lockstep.lease (id, token) VALUES (1, 0) ON CONFLICT DO NOTHING`,
};

/** Who this database is: told apart from every other one, also from those with the same name (`readDatabaseId`). */
const DATABASE_TABLE = {
  name: 'lockstep.database',
  sql: `CREATE SCHEMA IF NOT EXISTS lockstep;
    CREATE TABLE IF NOT EXISTS lockstep.database (
      is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
      id uuid NOT NULL DEFAULT gen_random_uuid(),
      created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    INSERT INTO lockstep.database DEFAULT VALUES ON CONFLICT DO NOTHING`,
};

/** Two processes that create the same thing at once: IF NOT EXISTS itself races, and one of them gets one of these. */
const RACE_STATES: ReadonlySet<string | null> = new Set([
  '23505', // unique_violation, in a catalogue
  '42P06', // duplicate_schema
  '42P07', // duplicate_table
  '42710', // duplicate_object
  '40P01', // deadlock_detected
  'XX000', // "tuple concurrently updated"
]);
const CREATE_ATTEMPTS_MAX = 10;
const CREATE_DELAY_MS = 50;

/**
 * Creates the tables that are missing, in one transaction. Safe to be called by several processes at once. A replica
 * has no table of Drizzle's: a row in it would say that the file was run, and on a replica it never is.
 */
export async function ensureTracking(
  executor: Executor,
  target: Target,
  clock: Clock,
  tracking: TrackingOptions = {},
): Promise<void> {
  const wanted = [
    // A replica is its server's: it has no identity either.
    ...(target === 'replica' ? [] : [drizzlesTable(tracking), DATABASE_TABLE]),
    MIGRATIONS_TABLE,
    ...(executor.capabilities.isShared ? [LEASE_TABLE] : []),
  ];
  await ensureTables(executor, wanted, clock);
}

/** Gives a database its id when it has none yet. Safe to be called by several processes at once. */
export function ensureDatabaseTable(executor: Executor, clock: Clock): Promise<void> {
  return ensureTables(executor, [DATABASE_TABLE], clock);
}

async function ensureTables(executor: Executor, wanted: readonly WantedTable[], clock: Clock): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await createMissing(executor, wanted);
    } catch (error) {
      if (attempt === CREATE_ATTEMPTS_MAX || !RACE_STATES.has(sqlStateOf(error))) throw error;
      await clock.sleep(jitter(clock, CREATE_DELAY_MS * attempt));
    }
  }
}

interface WantedTable {
  readonly name: string;
  readonly sql: string;
}

async function createMissing(executor: Executor, wanted: readonly WantedTable[]): Promise<void> {
  const existing = await existingTables(
    executor,
    wanted.map(({ name }) => name),
  );
  const missing = wanted.filter(({ name }) => !existing.has(name)).map(({ sql }) => sql);
  if (existing.has(MIGRATIONS_TABLE.name)) missing.push(...(await missingColumns(executor)));
  if (missing.length === 0) return;
  await executor.transaction(async (tx) => {
    for (const sql of missing) await tx.exec(sql);
  });
}

/** Columns that came after the table's first version, as the SQL that adds them. */
const LATER_COLUMNS: Readonly<Record<string, string>> = {
  attempt: 'ALTER TABLE lockstep.migrations ADD COLUMN IF NOT EXISTS attempt jsonb',
};

async function missingColumns(executor: Executor): Promise<string[]> {
  const rows = await executor.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'lockstep.migrations'::regclass AND attnum > 0`,
  );
  const present = new Set(rows.map(({ name }) => name));
  return Object.entries(LATER_COLUMNS).flatMap(([name, sql]) => (present.has(name) ? [] : [sql]));
}

/** Which of these tables exist. Asked first, so that a role without CREATE can run where all is there. */
export async function existingTables(executor: Executor, names: readonly string[]): Promise<Set<string>> {
  const list = names.map((_, index) => `$${index + 1}::text`).join(', ');
  const rows = await executor.query<{ name: string }>(
    `SELECT name FROM unnest(ARRAY[${list}]) AS name WHERE to_regclass(name) IS NOT NULL`,
    names,
  );
  return new Set(rows.map(({ name }) => name));
}
