import { LockstepError } from '@lockstep/protocol';
import type { Target } from '../target.ts';
import type { PgliteDatabase, PostgresClient, PostgresPool } from './drivers.ts';
import type { Executor } from './executor.ts';
import { pgliteExecutor } from './pglite.ts';
import { postgresExecutor } from './postgres.ts';

/**
 * Whatever a program has of its database: a PGlite (in Node, a browser, a worker), a connected client of node-postgres, a
 * pool (one client is taken and given back), Drizzle's database over one of them, or an executor.
 */
export type MigratableDatabase =
  | Executor
  | PgliteDatabase
  | PostgresClient
  | PostgresPool
  | { readonly $client: PgliteDatabase | PostgresClient | PostgresPool };

/** Runs `body` over an executor of the database. Nothing is connected or closed. Raises CONFIG_INVALID for something else. */
export async function withExecutor<T>(
  db: MigratableDatabase,
  body: (executor: Executor) => Promise<T>,
): Promise<T> {
  if (isExecutor(db)) return body(db);
  if (isPool(db)) return withClient(db, body);
  if (isPglite(db)) return body(pgliteExecutor(db));
  if (isClient(db)) return body(postgresExecutor(db));
  const client = clientOf(db);
  if (client !== null) return withExecutor(client, body);
  throw new LockstepError('CONFIG_INVALID', {
    message: 'This is no database that can be migrated.',
    remedy:
      'Give a PGlite, a client or pool of node-postgres, a drizzle() over one of them, or an executor of your own.',
  });
}

/** What a database is unless it is said: an application's own, or the server that others follow. */
export function defaultTarget({ capabilities }: Executor): Exclude<Target, 'replica'> {
  return capabilities.hasReplication ? 'server' : 'embedded';
}

async function withClient<T>(pool: PostgresPool, body: (executor: Executor) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: unknown = null;
  try {
    return await body(postgresExecutor(client));
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    // After an error that nobody expected the connection may be anywhere: the pool makes a new one.
    client.release(failure !== null);
  }
}

function has(value: object, ...methods: readonly string[]): boolean {
  return methods.every(
    (name) => name in value && typeof (value as Record<string, unknown>)[name] === 'function',
  );
}

function isExecutor(db: MigratableDatabase): db is Executor {
  return 'capabilities' in db && has(db, 'query', 'exec', 'transaction');
}

function isPool(db: MigratableDatabase): db is PostgresPool {
  return 'totalCount' in db && has(db, 'connect');
}

function isPglite(db: MigratableDatabase): db is PgliteDatabase {
  return has(db, 'query', 'exec', 'transaction');
}

function isClient(db: MigratableDatabase): db is PostgresClient {
  return has(db, 'query', 'on', 'off') && !('totalCount' in db);
}

/** Drizzle's database has its driver's in `$client`. Its own `query` and `transaction` are Drizzle's. */
function clientOf(db: MigratableDatabase): PgliteDatabase | PostgresClient | PostgresPool | null {
  if (!('$client' in db)) return null;
  const client = db.$client;
  return typeof client === 'object' && client !== null ? client : null;
}
