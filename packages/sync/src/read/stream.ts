import { FetchError, type Row, ShapeStream } from '@electric-sql/client';
import type { Position } from './batch.ts';
import type { Multiplexer } from './multiplex.ts';
import { createRowStore, type RawAnswer, ticketOf } from './raw.ts';

/** Delays of the client's retries after a lost network, a 429 or a 5xx (full jitter; `retry-after` is a floor). */
const BACKOFF = { initialDelay: 500, maxDelay: 15_000, multiplier: 2 };

/** A request that the server refused: trying the same again soon would not help. */
export interface RefusedRequest {
  readonly status: number;
  /** The `code` of a problem answer, if it is one. */
  readonly code: string | null;
  readonly message: string;
}

/** The gateway's own parameters (`SHAPE_QUERY`). */
export interface StreamParams {
  /** Always named (decision 11). The client quotes them. */
  readonly columns: readonly string[];
  readonly scope?: string;
  /** Asked for each request: the local version may move while the stream goes on. */
  readonly version: () => string;
}

export interface StreamOptions {
  readonly shape: string;
  /** `…/api/shapes/<name>`. */
  readonly url: string;
  readonly params: StreamParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Where to go on; null to start with a snapshot. */
  readonly from: Position | null;
  readonly fetch: typeof fetch;
  readonly multiplexer: Multiplexer;
  readonly signal: AbortSignal;
  /** The next answer; the one after it is asked for when the promise is done. Must not reject. */
  readonly onAnswer: (answer: RawAnswer) => Promise<void>;
  /** What was received so far is void: a new snapshot follows. Must not reject. */
  readonly onMustRefetch: () => Promise<void>;
  /** The server can't be reached, or says that it can't serve now; the stream goes on trying. */
  readonly onUnreachable: () => void;
  /** The stream has ended. */
  readonly onRefused: (request: RefusedRequest) => void;
}

/** Reads a shape with Electric's own client, but takes the rows past its parser (decision 14). */
export function openStream(options: StreamOptions): void {
  const rows = createRowStore();
  const stream = new ShapeStream<Row<unknown>>({
    url: options.url,
    params: { ...options.params, columns: [...options.params.columns] },
    headers: { ...options.headers },
    ...(options.from === null
      ? {}
      : { handle: options.from.handle, offset: options.from.offset as `${number}_${number}` }),
    signal: options.signal,
    fetchClient: createFetchClient(options, rows),
    backoffOptions: BACKOFF,
    warnOnHttp: false,
    onError: (error) => {
      if (!options.signal.aborted) options.onRefused(toRefused(error));
    },
  });
  stream.subscribe(async (messages) => {
    for (const { headers } of messages) {
      if (options.signal.aborted) return;
      const ticket = ticketOf(headers);
      if (ticket !== null) {
        const answer = rows.take(ticket);
        if (answer !== undefined) await options.onAnswer(answer);
      } else if ('control' in headers && headers.control === 'must-refetch') {
        await options.onMustRefetch();
      }
    }
  });
}

function createFetchClient(options: StreamOptions, rows: ReturnType<typeof createRowStore>): typeof fetch {
  let isReachable = true;
  return async (input, init) => {
    const ticket = rows.reserve();
    const url = new URL(input instanceof Request ? input.url : input);
    const isLive = url.searchParams.get('live') === 'true';
    try {
      const response = await (isLive && isReachable
        ? options.multiplexer.fetch({ shape: options.shape, url, init: init ?? {} })
        : askNow(options.fetch, url, init, isReachable));
      isReachable = response.status < 500 && response.status !== 429;
      if (!isReachable) options.onUnreachable();
      return response.status === 200 ? await rows.keep(ticket, response) : response;
    } catch (error) {
      if (init?.signal?.aborted !== true) {
        isReachable = false;
        options.onUnreachable();
      }
      throw error;
    }
  };
}

/**
 * After a failure a live request is sent as one that is answered at once: a long poll on a quiet table
 * would leave the status at "offline" for as long as the server holds it.
 */
async function askNow(
  fetcher: typeof fetch,
  url: URL,
  init: RequestInit | undefined,
  isReachable: boolean,
): Promise<Response> {
  const isLive = url.searchParams.get('live') === 'true';
  if (!isLive) return fetcher(url, init);
  const direct = new URL(url);
  direct.searchParams.delete('live');
  direct.searchParams.delete('cursor');
  const response = await fetcher(direct, { ...init, ...(isReachable ? {} : { cache: 'no-store' }) });
  const headers = new Headers(response.headers);
  // The client insists on a cursor in the answer to a live request.
  headers.set('electric-cursor', url.searchParams.get('cursor') ?? '0');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

function toRefused(error: Error): RefusedRequest {
  if (!(error instanceof FetchError)) return { status: 0, code: null, message: error.message };
  const body = (error.json ?? parseJson(error.text) ?? {}) as Readonly<Record<string, unknown>>;
  const text = [body.detail, body.message].find((value) => typeof value === 'string');
  return {
    status: error.status,
    code: typeof body.code === 'string' ? body.code : null,
    message: typeof text === 'string' ? text : `The server answered ${error.status}.`,
  };
}

/** The client parses `application/json` only, and problems have a content type of their own. */
function parseJson(text: string | undefined): object | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
