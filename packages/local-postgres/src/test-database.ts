import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Runs SQL on a connection of its own. */
  query<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]): Promise<Row[]>;
  /** Ends every connection and drops the database with its replication slots. */
  drop(): Promise<void>;
}

/** An empty database of the cluster that the test run's global setup started. */
export async function createTestDatabase(prefix = 'test'): Promise<TestDatabase> {
  const admin = process.env.LOCKSTEP_TEST_POSTGRES_URL;
  if (admin === undefined) {
    throw new Error(
      'LOCKSTEP_TEST_POSTGRES_URL is not set: run the tests from the repository root (pnpm test).',
    );
  }
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await run(admin, `CREATE DATABASE ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 4 });
  // A test may stop the server under the pool: an idle client's loss is no failure of the test.
  pool.on('error', () => undefined);
  return {
    name,
    url: url.href,
    async query<Row extends pg.QueryResultRow>(sql: string, params?: unknown[]) {
      return (await pool.query<Row>(sql, params)).rows;
    },
    async drop() {
      await pool.end();
      await run(
        admin,
        `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = '${name}' AND active_pid IS NOT NULL`,
      );
      await dropSlots(admin, name);
      await run(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function dropSlots(admin: string, database: string): Promise<void> {
  const slots = await run(
    admin,
    `SELECT slot_name FROM pg_replication_slots WHERE database = '${database}' AND NOT active`,
  );
  for (const { slot_name } of slots) {
    await run(admin, `SELECT pg_drop_replication_slot('${slot_name}')`).catch(() => undefined);
  }
}

async function run(url: string, sql: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as pg.QueryResultRow[];
  } finally {
    await client.end();
  }
}
