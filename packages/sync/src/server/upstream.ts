import { LockstepError } from '@lockstep/protocol';

export interface UpstreamOptions {
  /** Electric's base URL, e.g. `http://127.0.0.1:3000`; `/v1/shape` is added unless it is there. */
  readonly electricUrl: string;
  readonly electricSecret?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** How long Electric may take until its answer begins, in milliseconds. */
  readonly upstreamMs: number;
  readonly onLog: GatewayLog;
}

/** What an operator wants to know and a client must not: Electric's own words. Never holds the secret. */
export type GatewayLog = (entry: {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}) => void;

export type UpstreamAnswer =
  /** 200, 304 or 409: Electric's protocol, for the client. */
  | { readonly kind: 'answer'; readonly response: Response }
  /** Electric does not know the table or a column (yet). */
  | { readonly kind: 'behind' };

export type Upstream = (
  query: URLSearchParams,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>,
) => Promise<UpstreamAnswer>;

/** Asks Electric. Throws `ELECTRIC_UNREACHABLE` and `REQUEST_INVALID`, or what `signal` was aborted with. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const base = shapeUrl(options.electricUrl);
  return async (query, signal, headers = {}) => {
    const url = new URL(base);
    for (const [name, value] of query) url.searchParams.append(name, value);
    if (options.electricSecret !== undefined) url.searchParams.set('secret', options.electricSecret);
    const response = await fetchWithin(options, url, signal, headers);
    if (response.ok || response.status === 304 || response.status === 409)
      return { kind: 'answer', response };
    return refusal(options, query, response);
  };
}

/** `fetch` whose time limit ends when the answer begins, and whose `signal` goes on to end the body. */
async function fetchWithin(
  options: UpstreamOptions,
  url: URL,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), options.upstreamMs);
  try {
    return await options.fetch(url, { headers, signal: AbortSignal.any([signal, late.signal]) });
  } catch (cause) {
    signal.throwIfAborted();
    options.onLog({
      level: 'warn',
      message: late.signal.aborted ? 'Electric did not answer in time.' : 'Electric can’t be reached.',
      details: { cause: describe(cause) },
    });
    throw unreachable(null);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads Electric's refusal, logs its words, and says only what helps a client. */
async function refusal(
  options: UpstreamOptions,
  query: URLSearchParams,
  response: Response,
): Promise<UpstreamAnswer> {
  const body = (await response.text().catch(() => '')).slice(0, 2_000);
  const fields = response.status === 400 ? refusedFields(body) : [];
  options.onLog({
    level: response.status === 400 ? 'warn' : 'error',
    message: `Electric answered ${response.status}.`,
    details: { table: query.get('table'), columns: query.get('columns'), body },
  });
  if (fields.some((field) => BEHIND_FIELDS.includes(field))) return { kind: 'behind' };
  if (response.status !== 400) throw unreachable(response.headers.get('retry-after'));
  throw new LockstepError('REQUEST_INVALID', {
    message: `Electric refused this position in the shape (${fields.join(', ') || 'no field named'}).`,
    remedy: 'Start the shape again from offset=-1 without a handle.',
    details: { fields },
  });
}

/** The gateway wrote these three itself from the applied schema, so a complaint means that Electric has not caught up. */
const BEHIND_FIELDS: readonly string[] = ['table', 'columns', 'where'];

function refusedFields(body: string): readonly string[] {
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    return typeof errors === 'object' && errors !== null ? Object.keys(errors) : [];
  } catch {
    return [];
  }
}

function unreachable(retryAfter: string | null): LockstepError {
  const seconds = Number(retryAfter ?? Number.NaN);
  return new LockstepError('ELECTRIC_UNREACHABLE', {
    message: 'Electric does not answer for now.',
    remedy: 'Wait: the request can be repeated as it is. If it lasts, see whether Electric runs.',
    details: Number.isFinite(seconds) ? { retryAfterSeconds: Math.min(Math.max(seconds, 1), 30) } : {},
  });
}

function shapeUrl(electricUrl: string): URL {
  const url = new URL(electricUrl);
  if (!url.pathname.endsWith('/v1/shape')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/shape`;
  return url;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
