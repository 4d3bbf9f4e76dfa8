import { decodeMultiplexParts, type MultiplexPart, type MultiplexRequest } from '@lockstep/protocol';

/** Requests are collected this long, so that shapes which became live together share a round. */
const COLLECT_MS = 10;
/** More shapes than this in one round go by themselves (the wire's limit). */
const ROUND_REQUESTS_MAX = 100;
/** An answer without parts normally takes the server's long-poll time; two in a row that are faster than this are no hurry. */
const EMPTY_ROUND_MS_MIN = 500;
const EMPTY_ROUND_DELAY_MS = 1_000;

export interface MultiplexerOptions {
  /** `…/api/shapes/live`. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly headers: () => Readonly<Record<string, string>>;
  /** The version header that was heard last: the server answers at once when another version is applied. */
  readonly seen: () => string | null;
}

export interface LiveRequest {
  readonly shape: string;
  /** The request as it would be sent alone, for servers without the endpoint. */
  readonly url: URL;
  readonly init: RequestInit;
}

/** Carries the live requests of all shapes in one connection (decision 13); each caller sees an ordinary response. */
export interface Multiplexer {
  fetch(request: LiveRequest): Promise<Response>;
}

interface Waiting extends LiveRequest {
  readonly resolve: (response: Response | Promise<Response>) => void;
  readonly reject: (error: unknown) => void;
}

interface Round {
  readonly controller: AbortController;
  readonly ids: readonly string[];
  /** Once the answer is coming it is read to its end: cutting it off would lose what it brings. */
  isAnswering: boolean;
}

/** Rounds follow each other as long as a request waits; shapes that an answer leaves out are asked again in the next. */
export function createMultiplexer(options: MultiplexerOptions): Multiplexer {
  const waiting = new Map<string, Waiting>();
  let lastId = 0;
  let round: Round | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isUnsupported = false;
  let fastEmptyRounds = 0;

  const alone = (request: LiveRequest) => options.fetch(request.url, request.init);

  function schedule(delayMs: number): void {
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      if (round?.isAnswering || waiting.size === 0) return; // The end of the round schedules the next.
      round?.controller.abort();
      void run();
    }, delayMs);
  }

  async function run(): Promise<void> {
    const ids = [...waiting.keys()];
    const own: Round = { controller: new AbortController(), ids, isAnswering: false };
    round = own;
    const startedAt = Date.now();
    let isEmpty = false;
    try {
      isEmpty = (await ask(own)) === 0;
    } catch (error) {
      // A round that was cut short for a newcomer leaves its requests waiting for the next.
      if (!own.controller.signal.aborted) settle(own, (entry) => entry.reject(error));
    }
    if (round !== own) return;
    round = null;
    const isFast = isEmpty && Date.now() - startedAt < EMPTY_ROUND_MS_MIN;
    fastEmptyRounds = isFast ? fastEmptyRounds + 1 : 0;
    if (waiting.size > 0) schedule(fastEmptyRounds > 1 ? EMPTY_ROUND_DELAY_MS : COLLECT_MS);
  }

  /** Asks once and hands the parts out; answers how many there were. */
  async function ask(own: Round): Promise<number> {
    const response = await options.fetch(options.url, {
      method: 'POST',
      headers: { ...options.headers(), 'content-type': 'application/json' },
      body: JSON.stringify(toRequest(own.ids, waiting, options.seen())),
      signal: own.controller.signal,
    });
    own.isAnswering = true;
    const body = new Uint8Array(await response.arrayBuffer());
    if (response.status === 404 || response.status === 405) {
      isUnsupported = true;
      settle(own, (entry) => entry.resolve(alone(entry)));
      return own.ids.length;
    }
    if (!response.ok) {
      settle(own, (entry) => entry.resolve(new Response(body, response)));
      return own.ids.length;
    }
    const parts = decodeMultiplexParts(body);
    for (const part of parts) take(part.id)?.resolve(toResponse(part));
    return parts.length;
  }

  function take(id: string): Waiting | undefined {
    const entry = waiting.get(id);
    waiting.delete(id);
    return entry;
  }

  function settle(own: Round, action: (entry: Waiting) => void): void {
    for (const id of own.ids) {
      const entry = take(id);
      if (entry !== undefined) action(entry);
    }
  }

  return {
    fetch(request) {
      const signal = request.init.signal ?? null;
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (isUnsupported || waiting.size >= ROUND_REQUESTS_MAX) return alone(request);
      return new Promise((resolve, reject) => {
        const id = String((lastId += 1));
        waiting.set(id, { ...request, resolve, reject });
        signal?.addEventListener(
          'abort',
          () => {
            take(id)?.reject(signal.reason);
            if (waiting.size === 0 && round?.isAnswering === false) round.controller.abort();
          },
          { once: true },
        );
        schedule(COLLECT_MS);
      });
    },
  };
}

function toRequest(
  ids: readonly string[],
  waiting: ReadonlyMap<string, Waiting>,
  seen: string | null,
): MultiplexRequest {
  return {
    ...(seen === null ? {} : { seen }),
    requests: ids.flatMap((id) => {
      const entry = waiting.get(id);
      return entry === undefined ? [] : [{ id, shape: entry.shape, query: entry.url.search.slice(1) }];
    }),
  };
}

const STATUSES_WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function toResponse(part: MultiplexPart): Response {
  const body = STATUSES_WITHOUT_BODY.has(part.status) ? null : part.body.slice();
  return new Response(body, { status: part.status, headers: { ...part.headers } });
}
