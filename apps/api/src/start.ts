import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { isLoopbackHost } from '@lockstep/protocol';
import { createShapeGateway } from '@lockstep/sync/server';
import { shapes } from '@org/core';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { watchApplied } from './applied.ts';
import { openDatabase } from './database.ts';
import type { Env } from './env.ts';
import { createIdentity } from './identity.ts';

export interface RunningApi {
  /** E.g. `http://127.0.0.1:3001`. */
  readonly url: string;
  /** Answers what is waiting, takes nothing new, lets go of the database. */
  close(): Promise<void>;
}

/** How long answers that are under way may take once the server is stopping, in milliseconds. */
const CLOSE_MS = 3_000;

/** Longer than proxies in front keep an idle connection, so that no request meets a socket that is being closed. */
const KEEP_ALIVE_MS = 75_000;

/** Puts the parts together and listens. Postgres and Electric may come later, or go and come back. */
export async function startApi(env: Env, log: Logger): Promise<RunningApi> {
  const database = openDatabase(env.DATABASE_URL);
  const applied = watchApplied(database);
  const identity = createIdentity(database);
  const gateway = createShapeGateway({
    electricUrl: env.ELECTRIC_URL,
    electricSecret: env.ELECTRIC_SECRET,
    shapes,
    viewer: identity.viewer,
    scopeOf: (viewer) => viewer.userId,
    applied,
    onLog: ({ level, message, details }) => log[level](details, message),
  });
  const app = createApp({
    database,
    applied,
    identity,
    gateway,
    log,
    electricUrl: env.ELECTRIC_URL,
    fetch: globalThis.fetch,
    hasDemoSignIn: env.DEMO_SIGN_IN === 'on',
    webOrigins: env.WEB_ORIGINS,
    webDist: env.WEB_DIST ?? null,
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    await listen(server, env);
  } catch (error) {
    await database.close();
    throw error;
  }
  if (env.DEMO_SIGN_IN === 'on' && !isLoopbackHost(env.HOST)) {
    log.warn(
      'The demo’s sign-in lets anybody become anybody, and others can reach it: set DEMO_SIGN_IN=off.',
    );
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${env.HOST.includes(':') ? `[${env.HOST}]` : env.HOST}:${port}`,
    async close() {
      gateway.close();
      await closeServer(server);
      await database.close();
    },
  };
}

function listen(server: ServerType, env: Env): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(env.PORT, env.HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** `close` waits for every connection, and browsers keep theirs open: idle ones go at once, busy ones after a while. */
async function closeServer(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => 'closeIdleConnections' in server && server.closeIdleConnections(), 50);
  const late = setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), CLOSE_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
