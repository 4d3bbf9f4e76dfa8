import { createTestDatabase } from '@lockstep/local-postgres';
import { openPglite as openInMemory } from '../operate/open-pglite.ts';
import type { Executor } from '../run/executor/executor.ts';
import { postgresExecutor } from '../run/executor/postgres.ts';
import { connect } from './connect.ts';

/** An empty database for a test, with as many connections as it asks for. */
export interface TestTarget {
  readonly name: 'PGlite' | 'Postgres';
  readonly executor: Executor;
  /** Where a second connection or process finds it; null when it can't. */
  readonly url: string | null;
  /** Empties it, as if it were new. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const RESET = `DROP SCHEMA IF EXISTS lockstep CASCADE; DROP SCHEMA IF EXISTS drizzle CASCADE;
  DROP SCHEMA public CASCADE; CREATE SCHEMA public;`;

export async function openPglite(): Promise<TestTarget> {
  const { db, executor } = await openInMemory(null);
  return {
    name: 'PGlite',
    executor,
    url: null,
    reset: async () => void (await db.exec(RESET)),
    close: () => db.close(),
  };
}

export async function openPostgres(): Promise<TestTarget> {
  const database = await createTestDatabase('migrate');
  const client = await connect(database.url);
  return {
    name: 'Postgres',
    executor: postgresExecutor(client),
    url: database.url,
    reset: async () => void (await client.query(RESET)),
    async close() {
      await client.end();
      await database.drop();
    },
  };
}
