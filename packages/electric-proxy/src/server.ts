import { setMaxListeners } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from '@lockstep/protocol';
import { createScramVerifier } from './auth/verifier.ts';
import { createCancelKeys } from './cancel-keys.ts';
import { assertStreamId } from './catalogue.ts';
import { type ProxyContext, serveClient } from './connection.ts';
import { type ProxyLimits, resolveLimits } from './limits.ts';
import { createCounters, type ProxyCounters, type ProxyLog } from './log.ts';
import { describeUpstreamError, withClient } from './upstream.ts';
import { formatProxyUrl, parseUpstreamUrl, type UpstreamAddress } from './url.ts';

export interface ProxyOptions {
  /** The Postgres behind the proxy, with the role that migrations run as. */
  readonly upstreamUrl: string;
  /** What clients of the proxy prove with SCRAM-SHA-256; any user name is accepted. */
  readonly password: string;
  /** `127.0.0.1` by default. */
  readonly host?: string;
  /** 65432 by default; 0 takes a free one. */
  readonly port?: number;
  /** ELECTRIC_REPLICATION_STREAM_ID: the publication is `electric_publication_<streamId>`. `default` by default. */
  readonly streamId?: string;
  readonly limits?: Partial<ProxyLimits>;
  readonly log?: ProxyLog;
}

export interface Proxy {
  readonly port: number;
  /** A connection string through the proxy, to the upstream URL's database unless another is named. */
  url(database?: string): string;
  /** Stops listening and ends every session that doesn't end by itself at once: its client gets 57P01. */
  close(): Promise<void>;
  /** As of now. */
  readonly counters: ProxyCounters;
}

export const PROXY_PORT = 65_432;

/**
 * Starts a Postgres proxy that understands `ALTER TABLE … ENABLE ELECTRIC`; everything else passes as it is.
 * Throws CONFIG_INVALID, PORT_IN_USE, or POSTGRES_UNREACHABLE when it can't log in to Postgres.
 *
 * @example
 * const proxy = await startProxy({ upstreamUrl: 'postgresql://postgres:pw@127.0.0.1:5432/app', password: 'secret' });
 * // psql "postgresql://postgres:secret@127.0.0.1:65432/electric" -f drizzle/0000_init.sql
 */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { password, host = '127.0.0.1', streamId = 'default', log = () => undefined } = options;
  const limits = resolveLimits(options.limits);
  const address = parseUpstreamUrl(options.upstreamUrl);
  assertStreamId(streamId);
  assertPassword(password);
  await assertReachable(address, limits.handshakeMs);
  const counters = createCounters();
  const stopping = new AbortController();
  // One for each client: no leak.
  setMaxListeners(0, stopping.signal);
  const context: ProxyContext = {
    address,
    streamId,
    limits,
    counters,
    log,
    verifier: await createScramVerifier(password),
    keys: createCancelKeys(),
    stop: stopping.signal,
  };
  const served = new Set<Promise<void>>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    counters.accepted += 1;
    counters.open += 1;
    client.on('close', () => {
      counters.open -= 1;
    });
    const serving = serveClient(client, counters.accepted, context).finally(() => served.delete(serving));
    served.add(serving);
  });
  const port = await listen(server, host, options.port ?? PROXY_PORT);
  log({ kind: 'listening', host, port });
  return {
    port,
    url: (database) => formatProxyUrl({ host, port, password, database }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Clients that have just said goodbye are not told that the proxy stops.
      await Promise.race([Promise.all(served), delay(limits.closeGraceMs)]);
      stopping.abort();
      await Promise.all(served);
      await closed;
      log({ kind: 'stopped' });
    },
    get counters() {
      return { ...counters };
    },
  };
}

function assertPassword(password: string): void {
  if (password !== '') return;
  throw new LockstepError('CONFIG_INVALID', {
    message: "The proxy's password is empty.",
    remedy: 'Set PG_PROXY_PASSWORD to a password that clients of the proxy use.',
  });
}

async function assertReachable(address: UpstreamAddress, timeoutMs: number): Promise<void> {
  const where = `${address.host}:${address.port}`;
  try {
    await withClient({ url: address.url, database: address.database, timeoutMs }, () => Promise.resolve());
  } catch (cause) {
    const { message, hint } = describeUpstreamError(cause, where);
    throw new LockstepError('POSTGRES_UNREACHABLE', {
      message: `The proxy can't use the Postgres at ${where}, database "${address.database}": ${message}.`,
      remedy: hint ?? 'Correct the DATABASE_URL that the proxy is started with.',
      details: { host: address.host, port: address.port, database: address.database },
      cause,
    });
  }
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? portInUse(host, port, cause) : cannotListen(host, port, cause));
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

function portInUse(host: string, port: number, cause: Error): LockstepError {
  return new LockstepError('PORT_IN_USE', {
    message: `The proxy can't listen on ${host}:${port}: the port is in use.`,
    remedy:
      'Stop the other program (perhaps a proxy of an earlier run), or set PG_PROXY_PORT to a free port.',
    details: { host, port },
    cause,
  });
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): LockstepError {
  return new LockstepError('CONFIG_INVALID', {
    message: `The proxy can't listen on ${host}:${port}: ${cause.code ?? cause.message}.`,
    remedy: 'Use an address of this machine and a port that this user may open.',
    details: { host, port },
    cause,
  });
}
