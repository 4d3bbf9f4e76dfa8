import type { Executor } from '@lockstep/migrate';
import { postgresExecutor } from '@lockstep/migrate/postgres';
import { isLockstepError, LockstepError } from '@lockstep/protocol';
import pg from 'pg';

/** Runs one parameterised statement. Values are given as `pg` takes them. */
export type Query = <Row extends object>(sql: string, params?: readonly unknown[]) => Promise<Row[]>;

/**
 * The API's Postgres. Every method throws `POSTGRES_UNREACHABLE` when there is no connection (and connects again by
 * itself), `POSTGRES_BUSY` when a lock or the time ran out, and other errors of Postgres (`DatabaseError`) as they are.
 */
export interface Database {
  readonly query: Query;
  /** Commits when `body` resolves, rolls back when it throws. */
  transaction<T>(body: (query: Query) => Promise<T>): Promise<T>;
  /** Lends a connection to the migration engine's readers. */
  withExecutor<T>(body: (executor: Executor) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Milliseconds. A write that waits for a migration's lock is told to come again rather than kept. */
const LIMITS = { connect: 3_000, statement: 15_000, lock: 4_000, idleInTransaction: 10_000 };
const CONNECTIONS_MAX = 10;

export function openDatabase(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: LIMITS.connect,
    statement_timeout: LIMITS.statement,
    lock_timeout: LIMITS.lock,
    idle_in_transaction_session_timeout: LIMITS.idleInTransaction,
    application_name: 'lockstep-api',
  });
  // An idle connection that Postgres ended is no failure: the pool makes another when one is needed.
  pool.on('error', () => undefined);

  const withClient = <T>(body: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    reachable(async () => {
      const client = await pool.connect();
      try {
        const result = await body(client);
        client.release();
        return result;
      } catch (error) {
        client.release(isConnectionError(error));
        throw error;
      }
    });

  return {
    query: (sql, params) => reachable(() => queryOn(pool)(sql, params)),
    transaction: (body) => withClient((client) => runTransaction(client, body)),
    withExecutor: (body) => withClient((client) => body(postgresExecutor(client))),
    close: () => pool.end(),
  };
}

function queryOn(on: pg.Pool | pg.PoolClient): Query {
  return async <Row extends object>(sql: string, params: readonly unknown[] = []) =>
    (await on.query<pg.QueryResultRow>(sql, [...params])).rows as Row[];
}

async function runTransaction<T>(client: pg.PoolClient, body: (query: Query) => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await body(queryOn(client));
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isLockstepError(cause)) throw cause;
    if (isConnectionError(cause)) throw unreachable(cause);
    if (isDatabaseError(cause) && BUSY.has(cause.code ?? '')) throw busy(cause);
    throw cause;
  }
}

function unreachable(cause: unknown): LockstepError {
  return new LockstepError('POSTGRES_UNREACHABLE', {
    message: 'The server’s database does not answer.',
    remedy: 'Wait: the server connects again by itself. If it lasts, see whether Postgres runs.',
    cause,
  });
}

/** Serialization failure, deadlock, lock timeout, statement timeout: the same may pass a moment later. */
const BUSY: ReadonlySet<string> = new Set(['40001', '40P01', '55P03', '57014']);

function busy(cause: unknown): LockstepError {
  return new LockstepError('POSTGRES_BUSY', {
    message: 'The database was busy with something that this request has to wait for.',
    remedy: 'Wait: the request can be repeated as it is.',
    cause,
  });
}

/** An error of Postgres itself, with its SQLSTATE. */
export type DatabaseError = pg.DatabaseError;

export function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof pg.DatabaseError;
}

/** Connection exceptions, a server that stops, starts or has no room, and a socket's own errors. */
function isConnectionError(error: unknown): boolean {
  if (isDatabaseError(error)) return /^(08|57P0[1-5]|53300)/.test(error.code ?? '');
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return /^E[A-Z]+$/.test(error.code);
  return /connection|timeout exceeded when trying to connect/i.test(error.message);
}
