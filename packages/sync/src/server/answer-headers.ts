import { formatVersionHeader, type SchemaVersion, VERSION_HEADER } from '@lockstep/protocol';

/** Response headers that a page of another origin must be able to read (`access-control-expose-headers`). */
export const EXPOSED_HEADERS = [
  VERSION_HEADER,
  'electric-cursor',
  'electric-handle',
  'electric-has-data',
  'electric-offset',
  'electric-schema',
  'electric-up-to-date',
  'retry-after',
] as const;

/** Rows of one person: no cache keeps them, so that signing out can erase them, and no other identity meets them. */
const PRIVATE = 'private, no-store';

/**
 * The headers of Electric's answer that go to the client, plus the version. Everything else stays behind: its CORS
 * headers, and the encoding and length of a body that `fetch` has decoded already.
 */
export function answerHeaders(
  upstream: Response,
  options: { readonly isPublic: boolean; readonly version: SchemaVersion | null },
): Headers {
  const headers = new Headers();
  upstream.headers.forEach((value, name) => {
    if (name.startsWith('electric-') && name !== 'electric-server') headers.set(name, value);
  });
  for (const name of ['content-type', 'retry-after']) copy(upstream.headers, headers, name);
  headers.set(VERSION_HEADER, formatVersionHeader(options.version));
  if (!options.isPublic) {
    headers.set('cache-control', PRIVATE);
    headers.set('vary', 'authorization');
  } else if (upstream.status === 409) {
    headers.set('cache-control', 'no-store');
  } else {
    copy(upstream.headers, headers, 'cache-control');
    copy(upstream.headers, headers, 'etag');
  }
  return headers;
}

function copy(from: Headers, to: Headers, name: string): void {
  const value = from.get(name);
  if (value !== null) to.set(name, value);
}
