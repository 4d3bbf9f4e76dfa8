import type { Socket } from 'node:net';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import pg from 'pg';
import { vi } from 'vitest';
import type { ProxyEvent } from '../log.ts';
import { type Proxy, type ProxyOptions, startProxy } from '../server.ts';
import { connectUpstream } from '../upstream.ts';
import { splitMessages } from './pipe.ts';

export const PASSWORD = "pröxy's secret";

export interface TestProxy {
  readonly database: TestDatabase;
  readonly proxy: Proxy;
  readonly events: ProxyEvent[];
  /** Not as a URL, which node-postgres prefers to every other setting. */
  config(): pg.ClientConfig;
  /** A client through the proxy; ended by `reset`. */
  connect(config?: pg.ClientConfig): Promise<pg.Client>;
  /** A client that speaks the protocol itself. */
  connectRaw(): Promise<RawClient>;
  /** Ends the clients, waits until the proxy has let go of them, and empties the database. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface RawClient {
  readonly processId: number;
  send(...messages: readonly Buffer[]): void;
  /** Messages up to the `count`th ReadyForQuery, each as its type and, for a few, its words. */
  until(count: number): Promise<readonly string[]>;
  /** Every byte from now to the end of the connection. */
  ended(): Promise<readonly string[]>;
  readonly socket: Socket;
}

export async function startTestProxy(options: Partial<ProxyOptions> = {}): Promise<TestProxy> {
  const database = await createTestDatabase('proxy');
  const events: ProxyEvent[] = [];
  const proxy = await startProxy({
    upstreamUrl: database.url,
    password: PASSWORD,
    port: 0,
    log: (event) => events.push(event),
    ...options,
  });
  const clients: pg.Client[] = [];
  const raws: RawClient[] = [];
  const config = () => ({
    host: '127.0.0.1',
    port: proxy.port,
    user: 'postgres',
    password: PASSWORD,
    database: 'electric',
  });
  return {
    database,
    proxy,
    events,
    config,
    async connect(given) {
      const client = new pg.Client({ ...config(), ...given });
      client.on('error', () => undefined);
      clients.push(client);
      await client.connect();
      return client;
    },
    async connectRaw() {
      const raw = await connectRaw(proxy.url());
      raws.push(raw);
      return raw;
    },
    async reset() {
      for (const client of clients.splice(0)) await client.end().catch(() => undefined);
      for (const raw of raws.splice(0)) raw.socket.destroy();
      await vi.waitFor(() => {
        const { open, sessions } = proxy.counters;
        if (open + sessions > 0) throw new Error(`${open} clients and ${sessions} sessions are still open`);
      }, 10_000);
      await database.query(
        'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS electric CASCADE; DROP PUBLICATION IF EXISTS electric_publication_default',
      );
    },
    async close() {
      await proxy.close();
      await database.drop();
    },
  };
}

/** What a promise is rejected with; asked for before the rejection is brought about. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  if (outcome === null) throw new Error('a failure was expected');
  return outcome.error;
}

async function connectRaw(url: string): Promise<RawClient> {
  const { socket, processId } = await connectUpstream({
    url,
    database: 'electric',
    parameters: {},
    timeoutMs: 10_000,
  });
  let received: Buffer = Buffer.alloc(0);
  const wakers = new Set<() => void>();
  const wake = () => {
    for (const waker of wakers) waker();
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('close', wake);
  socket.on('error', () => undefined);
  socket.resume();
  const when = (test: () => boolean) =>
    new Promise<void>((resolve) => {
      const waker = () => {
        if (!test()) return;
        wakers.delete(waker);
        resolve();
      };
      wakers.add(waker);
      waker();
    });
  return {
    socket,
    processId,
    send: (...messages) => {
      socket.write(Buffer.concat(messages));
    },
    async until(count) {
      const readyAt = () => {
        const messages = splitMessages(received);
        const ready = messages.flatMap((message, index) => (message[0] === 0x5a ? [index] : []));
        return { messages, index: ready[count - 1] };
      };
      await when(() => readyAt().index !== undefined || socket.closed);
      const { messages, index = messages.length } = readyAt();
      const taken = messages.slice(0, index + 1);
      received = received.subarray(Buffer.concat(taken).length);
      return taken.map(describe);
    },
    async ended() {
      await when(() => socket.closed);
      return splitMessages(received).map(describe);
    },
  };
}

function describe(message: Buffer): string {
  const type = String.fromCharCode(message[0] ?? 0);
  if (type === 'C' || type === 'Z') return `${type}:${message.toString('utf8', 5).replaceAll('\0', '')}`;
  if (type !== 'E') return type;
  const fields = message.toString('utf8', 5).split('\0');
  return `E:${fields.find((field) => field.startsWith('C'))?.slice(1)}`;
}
