import type { ServeContext } from './context.ts';
import {
  baseHeaders,
  empty,
  failure,
  jsonResponse,
  notFound,
  preflight,
  unauthorized,
  unavailable,
} from './responses.ts';
import { serveShape } from './serve-shape.ts';

export interface HandlerOptions {
  readonly context: ServeContext;
  /** What `secret` must be, or null where nobody is asked. */
  readonly secret: string | null;
  readonly health: () => 'active' | 'starting';
  readonly log: (line: string) => void;
}

/** The routes. */
export async function handleRequest(request: Request, options: HandlerOptions): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname === '/' ? '/' : url.pathname.replace(/\/+$/, '');
  const base = baseHeaders(request, path);
  options.context.counters.requests += 1;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (path === '/v1/shape') return forMethod(request, await routeShape(request, url, base, options));
  if (path === '/v1/health' && isRead) return forMethod(request, healthResponse(options, base));
  if (path === '/' && isRead) return forMethod(request, empty(base));
  return notFound(base);
}

async function routeShape(
  request: Request,
  url: URL,
  base: Record<string, string>,
  options: HandlerOptions,
): Promise<Response> {
  if (request.method === 'OPTIONS') return preflight(request, base);
  if (!['GET', 'HEAD', 'POST', 'DELETE'].includes(request.method)) return notFound(base);
  const { searchParams } = url;
  if (options.secret !== null) {
    const given = searchParams.get('secret') ?? searchParams.get('api_secret');
    if (given !== options.secret) return unauthorized(base);
  }
  if (request.method === 'DELETE') {
    return jsonResponse(405, { message: 'DELETE not allowed' }, { ...base, 'cache-control': 'no-cache' });
  }
  if (request.method === 'POST') {
    const errors = { subset: { where: ['subset snapshots are not supported by this server'] } };
    return failure(400, { message: 'Invalid request', errors }, base);
  }
  if (options.context.closing.aborted)
    return unavailable({ message: 'The server is closing' }, 1, true, base);
  try {
    return await serveShape(request, searchParams, options.context, base);
  } catch (error) {
    options.log(
      `A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return failure(500, { error: 'Internal server error' }, base);
  }
}

function healthResponse(options: HandlerOptions, base: Record<string, string>): Response {
  const status = options.health();
  return jsonResponse(
    status === 'active' ? 200 : 202,
    { status },
    { ...base, 'cache-control': 'no-cache, no-store, must-revalidate' },
  );
}

/** HEAD gets the headers of GET. */
async function forMethod(request: Request, response: Response): Promise<Response> {
  if (request.method !== 'HEAD') return response;
  await response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}
