import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ShapeServer } from './server.ts';

/** Longer than a client keeps an idle connection, so that no request meets a socket that is being closed. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
}

export interface ListeningServer {
  readonly url: string;
  readonly port: number;
  /** Stops listening and closes the shape server. */
  close(): Promise<void>;
}

/** Serves a shape server over HTTP/1.1, on loopback unless told otherwise. Rejects when the port is taken. */
export async function serve(server: ShapeServer, options: ServeOptions): Promise<ListeningServer> {
  const host = options.host ?? '127.0.0.1';
  const http = createServer((incoming, outgoing) => void exchange(server, incoming, outgoing));
  http.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    async close() {
      const stopped = new Promise<void>((resolve) => http.close(() => resolve()));
      await server.close();
      http.closeIdleConnections();
      // Answers that are on their way get a moment; a client that does not read them gets no more.
      const timer = setTimeout(() => http.closeAllConnections(), 1_000);
      await stopped;
      clearTimeout(timer);
    },
  };
}

async function exchange(
  server: ShapeServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const abort = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) abort.abort();
  });
  try {
    const response = await server.fetch(toRequest(incoming, abort.signal));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body !== null) {
      for await (const piece of response.body) {
        if (outgoing.destroyed) break;
        if (!outgoing.write(piece)) await drained(outgoing);
      }
    }
    outgoing.end();
  } catch {
    // A body that fails midway can only be cut short, so that the client asks again.
    outgoing.destroy();
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off('drain', settle);
      outgoing.off('close', settle);
      resolve();
    };
    outgoing.on('drain', settle);
    outgoing.on('close', settle);
  });
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return new Request(url, { method: incoming.method ?? 'GET', headers, signal });
}
