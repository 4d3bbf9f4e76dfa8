import { readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, defaultClientConditions } from 'vite';

/** The built test page with an API on the same origin. */
export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

export async function startSite(api: typeof fetch): Promise<Site> {
  const outDir = join(tmpdir(), `lockstep-site-${process.pid}`);
  await build({
    root: fileURLToPath(new URL('./browser', import.meta.url)),
    logLevel: 'error',
    configFile: false,
    resolve: { conditions: ['@lockstep/source', ...defaultClientConditions] },
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, target: 'es2023', minify: false },
  });
  const http = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (path.startsWith('/api/')) return pass(request, response);
    const file = path === '/' ? '/index.html' : (path.split('?')[0] ?? '');
    const body = await readFile(join(outDir, file));
    response
      .writeHead(200, { 'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream' })
      .end(body);
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answered = await api(`http://127.0.0.1${request.url}`, {
      method: request.method ?? 'GET',
      signal: gone.signal,
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks).toString() }),
    });
    response.writeHead(answered.status, {
      ...Object.fromEntries(answered.headers),
      'cache-control': 'no-store',
    });
    response.end(Buffer.from(await answered.arrayBuffer()));
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
