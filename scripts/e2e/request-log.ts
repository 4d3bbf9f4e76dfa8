import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What pages ask the server for, seen from between them: workers' requests too, which a page's own events leave out. */
export interface RequestLog {
  readonly url: string;
  /** Paths with their queries, in order; empty it to start anew. */
  readonly paths: string[];
  stop(): Promise<void>;
}

export async function startRequestLog(target: string): Promise<RequestLog> {
  const paths: string[] = [];
  const server = createServer((incoming, outgoing) => {
    paths.push(incoming.url ?? '');
    const { method, headers } = incoming;
    const onward = forward(new URL(incoming.url ?? '/', target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    paths,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The shapes of which rows were asked for from the start. */
export function downloadedShapes(paths: readonly string[]): Set<string> {
  const shapes = paths.flatMap((path) => {
    const { pathname, searchParams } = new URL(path, 'http://log');
    const shape = /^\/api\/shapes\/(\w+)$/.exec(pathname)?.[1];
    return shape !== undefined && searchParams.get('offset') === '-1' ? [shape] : [];
  });
  return new Set(shapes);
}
