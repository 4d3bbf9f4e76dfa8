import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import pg from 'pg';
import { type ErrorFields, encodeStartup } from './wire/backend.ts';

/** A session of Postgres, logged in and idle, whose socket is now ours. */
export interface Upstream {
  readonly socket: Socket;
  readonly processId: number;
  readonly secret: number;
  /** What the server reported at the start (`server_version`, `client_encoding`, …), to be told to the client. */
  readonly parameterStatus: ReadonlyMap<string, string>;
}

export interface UpstreamOptions {
  readonly url: string;
  readonly database: string;
  /** The client's start-up parameters beside user and database. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** The parts of node-postgres that its types leave out; the version is pinned and the tests use each of them. */
interface PgConnection extends EventEmitter {
  stream: Socket;
  startup(config: unknown): void;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secret: number): void;
}

interface PgInternals {
  readonly connection: PgConnection;
  readonly connectionParameters: Readonly<Record<string, unknown>>;
  readonly processID: number;
  readonly secretKey: number;
}

/** Parameters of the URL's query that are the session's, used where the client doesn't send its own. */
const URL_PARAMETERS = ['application_name', 'options', 'statement_timeout', 'lock_timeout'] as const;

/**
 * Logs in with node-postgres (which knows TLS and every authentication method) and takes over its socket, paused.
 * Rejects with node-postgres's error; `describeUpstreamError` makes it fit for a client.
 */
export async function connectUpstream(options: UpstreamOptions): Promise<Upstream> {
  const client = createClient(options.url, options.database, options.timeoutMs);
  const { connection, connectionParameters } = internals(client);
  const defaults = URL_PARAMETERS.flatMap((name) => {
    const value = connectionParameters[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [];
  });
  // node-postgres would force client_encoding to UTF8.
  connection.startup = () => {
    const user = String(connectionParameters.user);
    const session = { ...Object.fromEntries(defaults), ...options.parameters };
    connection.stream.write(encodeStartup({ ...session, user, database: options.database }));
  };
  const parameterStatus = new Map<string, string>();
  connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    parameterStatus.set(message.parameterName, message.parameterValue);
  });
  try {
    await client.connect();
  } catch (error) {
    connection.stream.destroy();
    throw error;
  }
  const socket = connection.stream;
  socket.pause();
  // Its parser; everything from here on is read by the relay.
  socket.removeAllListeners('data');
  socket.setNoDelay(true);
  const { processID: processId, secretKey: secret } = internals(client);
  return { socket, processId, secret, parameterStatus };
}

/** Asks Postgres to cancel what a session runs. Resolves when Postgres has taken the request. */
export async function cancelUpstream(options: {
  readonly url: string;
  readonly processId: number;
  readonly secret: number;
  readonly timeoutMs: number;
}): Promise<void> {
  const client = createClient(options.url, null, options.timeoutMs);
  const { connection } = internals(client);
  const send = () => connection.cancel(options.processId, options.secret);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => connection.stream.destroy(), options.timeoutMs);
    connection.on('connect', () => (client.ssl ? connection.requestSsl() : send()));
    connection.on('sslconnect', send);
    connection.on('error', () => connection.stream.destroy());
    connection.on('end', () => {
      clearTimeout(timer);
      resolve();
    });
    if (client.host.startsWith('/')) connection.connect(`${client.host}/.s.PGSQL.${client.port}`);
    else connection.connect(client.port, client.host);
  });
}

/** Runs queries on a connection of their own, which is closed afterwards. */
export async function withClient<Result>(
  options: { readonly url: string; readonly database: string; readonly timeoutMs: number },
  run: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = createClient(options.url, options.database, options.timeoutMs);
  try {
    await client.connect();
    return await run(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** An upstream failure in the words of the protocol: Postgres's own where it spoke, ours where it didn't. */
export function describeUpstreamError(error: unknown, where: string): ErrorFields {
  if (error instanceof pg.DatabaseError) {
    const { code = '08006', message, detail, hint } = error;
    // The client's own password was right: the one in the proxy's URL isn't.
    if (code.startsWith('28')) {
      return {
        severity: 'FATAL',
        code: '08004',
        message: `the proxy could not log in to Postgres at ${where}: ${message}`,
        hint: 'Correct the user and password in the DATABASE_URL that the proxy was started with.',
      };
    }
    return { severity: 'FATAL', code, message, detail, hint };
  }
  return {
    severity: 'FATAL',
    code: '08006',
    message: `the proxy could not reach Postgres at ${where}: ${reason(error)}`,
    hint: 'Start Postgres, or correct the DATABASE_URL that the proxy was started with.',
  };
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host with several addresses fails with an AggregateError, whose own message is empty.
  const code = 'code' in error ? String(error.code) : '';
  return error.message || code || error.name;
}

function createClient(url: string, database: string | null, timeoutMs: number): pg.Client {
  const target = new URL(url);
  if (database !== null) target.pathname = `/${encodeURIComponent(database)}`;
  const client = new pg.Client({
    connectionString: target.href,
    // The PG variables point to the proxy itself: nothing but the URL says how Postgres is reached.
    ...(target.searchParams.has('sslmode') || target.searchParams.has('ssl') ? {} : { ssl: false }),
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
  });
  // Whoever uses the socket sees its loss; without a listener the process would end.
  client.on('error', () => undefined);
  return client;
}

function internals(client: pg.Client): PgInternals {
  return client as unknown as PgInternals;
}
