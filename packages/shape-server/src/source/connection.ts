import { LockstepError } from '@lockstep/protocol';
import pg from 'pg';

/** Values as text in the form that Electric's clients expect; the same on every connection that reads rows. */
export const OUTPUT_SETTINGS: readonly string[] = [
  "bytea_output = 'hex'",
  "DateStyle = 'ISO, DMY'",
  "TimeZone = 'UTC'",
  'extra_float_digits = 1',
  "IntervalStyle = 'iso_8601'",
];

const CONNECT_TIMEOUT_MS = 5_000;

export interface Session {
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Runs several statements, separated by semicolons, without parameters. */
  run(sql: string): Promise<void>;
  /** Hands each row of a `COPY … TO STDOUT` to `onRow`. The buffer is only valid during the call. */
  copy(sql: string, onRow: (row: Buffer) => void): Promise<void>;
}

export interface Database extends Pick<Session, 'query'> {
  /** Runs `work` on a connection of its own; the connection is thrown away when `work` fails. */
  session<T>(work: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A pool of at most `connections` connections; `waitMs` bounds the wait for one, 0 does not. */
export function openDatabase(url: string, connections: number, waitMs = CONNECT_TIMEOUT_MS): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: waitMs,
    idleTimeoutMillis: 30_000,
    application_name: 'lockstep-shape-server',
  });
  // An idle connection that Postgres closes is replaced at the next query.
  pool.on('error', () => undefined);
  return {
    async query<Row>(sql: string, params: readonly unknown[] = []) {
      return (await reached(pool.query(sql, [...params]))).rows as Row[];
    },
    async session(work) {
      const client = await reached(pool.connect());
      try {
        const result = await work(toSession(client));
        client.release();
        return result;
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    close: () => pool.end(),
  };
}

function toSession(client: pg.PoolClient): Session {
  return {
    async query<Row>(sql: string, params: readonly unknown[] = []) {
      return (await reached(client.query(sql, [...params]))).rows as Row[];
    },
    async run(sql) {
      await reached(client.query(sql));
    },
    copy: (sql, onRow) =>
      reached(
        new Promise<void>((resolve, reject) => {
          client.query(copyQuery(sql, onRow, (error) => (error === null ? resolve() : reject(error))));
        }),
      ),
  };
}

/** What Postgres says of a statement passes; that it can't be reached, or goes away, is POSTGRES_UNREACHABLE. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const state = sqlState(cause);
    if (state !== undefined && !/^(08|53|57P)/.test(state)) throw cause;
    throw new LockstepError('POSTGRES_UNREACHABLE', {
      message: `Postgres can't be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Start Postgres, or correct DATABASE_URL.',
      cause,
    });
  }
}

/** The SQLSTATE of an error that Postgres answered; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** What node-postgres calls a submittable: a query that takes COPY data as it comes. */
function copyQuery(sql: string, onRow: (row: Buffer) => void, onEnd: (error: Error | null) => void) {
  let failure: Error | null = null;
  return {
    submit: (connection: pg.Connection) => connection.query(sql),
    handleCopyData: (message: { readonly chunk: Buffer }) => onRow(message.chunk),
    handleError: (error: Error) => {
      failure = error;
      onEnd(error);
    },
    handleCommandComplete: () => undefined,
    handleReadyForQuery: () => {
      if (failure === null) onEnd(null);
    },
  };
}

export interface ReplicationConnection {
  query<Row>(sql: string): Promise<Row[]>;
  /** Starts streaming; `onData` gets each message, valid during the call only. */
  start(sql: string, onData: (data: Buffer) => void): void;
  send(data: Buffer): void;
  /** Settles when the connection is gone, with the cause. */
  readonly closed: Promise<unknown>;
  close(): Promise<void>;
}

interface RawConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void;
}

export async function openReplication(url: string): Promise<ReplicationConnection> {
  const config = {
    connectionString: url,
    replication: 'database',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'lockstep-shape-server',
    keepAlive: true,
  };
  const client = new pg.Client(config);
  const closed = new Promise<unknown>((resolve) => {
    client.once('error', resolve);
    client.once('end', () => resolve(new Error('The replication connection was closed.')));
  });
  client.on('error', () => undefined);
  await client.connect();
  const raw = (client as unknown as { readonly connection: RawConnection }).connection;
  let failed: (error: unknown) => void = () => undefined;
  const streamFailed = new Promise<unknown>((resolve) => {
    failed = resolve;
  });
  return {
    async query<Row>(sql: string) {
      return (await client.query(sql)).rows as Row[];
    },
    start(sql, onData) {
      const stream = {
        submit: (connection: pg.Connection) => connection.query(sql),
        handleCopyData: (message: { readonly chunk: Buffer }) => {
          try {
            onData(message.chunk);
          } catch (error) {
            failed(error);
            raw.stream.destroy();
          }
        },
        handleError: failed,
        handleCommandComplete: () => undefined,
        handleReadyForQuery: () => failed(new Error('Postgres ended the replication stream.')),
      };
      client.query(stream);
    },
    send: (data) => raw.sendCopyFromChunk(data),
    closed: Promise.race([closed, streamFailed]),
    async close() {
      // Postgres may be busy sending: it is not waited for.
      raw.stream.destroy();
      await closed;
    },
  };
}
