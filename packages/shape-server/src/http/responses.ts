import { randomBytes } from 'node:crypto';

const SERVER = 'Lockstep/0.0.0';
const EXPOSED =
  'electric-cursor,electric-handle,electric-has-data,electric-offset,electric-schema,electric-up-to-date,electric-internal-known-error,retry-after';
const SHAPE_METHODS = 'GET, POST, HEAD, DELETE, OPTIONS';
const OTHER_METHODS = 'GET, HEAD';
/** The original allows only the first two; a browser's cross-origin request may need the others. */
const ALLOWED_HEADERS = new Set(['if-none-match', 'traceparent', 'content-type', 'authorization']);

const MUST_REFETCH = '[{"headers":{"control":"must-refetch"}}]';
const JSON_TYPE = 'application/json; charset=utf-8';
const PLAIN_CACHE = 'max-age=0, private, must-revalidate';

export type Headers = Record<string, string>;
export type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;

let requestNumber = 0;
const requestPrefix = randomBytes(6).toString('base64url');

/** The headers of every response. */
export function baseHeaders(request: Request, path: string): Headers {
  requestNumber += 1;
  const isShape = path === '/v1/shape';
  return {
    'x-request-id': `${requestPrefix}${requestNumber.toString(36).padStart(8, '0')}`,
    'electric-server': SERVER,
    'access-control-allow-origin': request.headers.get('origin') ?? '*',
    'access-control-expose-headers': EXPOSED,
    'access-control-allow-methods': isShape ? SHAPE_METHODS : OTHER_METHODS,
  };
}

export function preflight(request: Request, base: Headers): Response {
  const wanted = (request.headers.get('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => ALLOWED_HEADERS.has(name));
  return new Response(null, {
    status: 204,
    headers: {
      ...base,
      'access-control-max-age': '86400',
      ...(wanted.length > 0 ? { 'access-control-allow-headers': wanted.join(',') } : {}),
    },
  });
}

export function jsonResponse(status: number, body: unknown, headers: Headers): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': JSON_TYPE, ...headers } });
}

/** What the request got wrong, by parameter. */
export function invalidRequest(errors: Readonly<Record<string, unknown>>, base: Headers): Response {
  return failure(400, { message: 'Invalid request', errors }, base);
}

export function failure(status: number, body: unknown, base: Headers, extra: Headers = {}): Response {
  return jsonResponse(status, body, {
    ...base,
    'cache-control': 'no-store',
    'surrogate-control': 'no-store',
    ...extra,
  });
}

/** A condition that passes by itself; `known` means that the message says all there is. */
export function unavailable(body: unknown, retryAfterS: number, isKnown: boolean, base: Headers): Response {
  return failure(503, body, base, {
    ...(isKnown ? { 'electric-internal-known-error': 'true' } : {}),
    'retry-after': String(retryAfterS),
  });
}

export function mustRefetch(handle: string | null, base: Headers): Response {
  const headers =
    handle === null
      ? { 'cache-control': 'public, max-age=1, must-revalidate' }
      : {
          'cache-control': 'public, max-age=60, must-revalidate',
          etag: `"${handle}::"`,
          'electric-handle': handle,
        };
  return new Response(MUST_REFETCH, {
    status: 409,
    headers: { ...base, 'content-type': JSON_TYPE, ...headers },
  });
}

export function unauthorized(base: Headers): Response {
  return jsonResponse(
    401,
    { message: 'Unauthorized - Invalid API secret' },
    { ...base, 'cache-control': PLAIN_CACHE },
  );
}

export function notFound(base: Headers): Response {
  return new Response('Not found', { status: 404, headers: { ...base, 'cache-control': PLAIN_CACHE } });
}

export function empty(base: Headers): Response {
  return new Response('', { status: 200, headers: { ...base, 'cache-control': PLAIN_CACHE } });
}

export type CacheRule = 'initial' | 'catch-up' | 'live' | 'stream';

const CACHE_CONTROL: Readonly<Record<CacheRule, string>> = {
  initial: 'public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746',
  'catch-up': 'public, max-age=60, stale-while-revalidate=300',
  live: 'public, max-age=5, stale-while-revalidate=5',
  stream: 'public, max-age=59',
};

export interface ShapeAnswer {
  readonly handle: string;
  /** As the request had it. */
  readonly requestOffset: string;
  readonly offset: string;
  readonly cache: CacheRule;
  readonly isUpToDate: boolean;
  readonly hasData: boolean;
  /** The `electric-schema` header, or null on live answers. */
  readonly schema: string | null;
  readonly cursor: string | null;
  readonly body: Body;
}

/** A 200 with messages, or a 304 where the client already has them. */
export function shapeResponse(answer: ShapeAnswer, request: Request, base: Headers): Response {
  // An answer that says that nothing happened must not be revalidated: its tag never comes again.
  const unique = answer.hasData ? '' : `:${process.hrtime.bigint()}`;
  const etag = `"${answer.handle}:${answer.requestOffset}:${answer.offset}${unique}"`;
  const isKnown = hasTag(request.headers.get('if-none-match'), etag);
  const headers: Headers = {
    ...base,
    'cache-control': CACHE_CONTROL[answer.cache],
    'content-type': answer.cache === 'stream' ? 'text/event-stream' : JSON_TYPE,
    etag,
    'electric-handle': answer.handle,
    'electric-has-data': String(answer.hasData),
    'electric-offset': answer.offset,
  };
  if (answer.cursor !== null) headers['electric-cursor'] = answer.cursor;
  if (answer.schema !== null && !isKnown) headers['electric-schema'] = answer.schema;
  if (answer.isUpToDate) headers['electric-up-to-date'] = '';
  if (!isKnown) return new Response(answer.body, { status: 200, headers });
  if (answer.body instanceof ReadableStream) void answer.body.cancel();
  return new Response(null, { status: 304, headers });
}

function hasTag(header: string | null, etag: string): boolean {
  const trim = (tag: string) => tag.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
  return header !== null && header.split(',').some((tag) => trim(tag) === trim(etag));
}
