import {
  encodeMultiplexPart,
  formatVersionHeader,
  LockstepError,
  MULTIPLEX_CONTENT_TYPE,
  type MultiplexPart,
  type MultiplexRequest,
  multiplexRequestSchema,
  parseVersionHeader,
  type SchemaVersion,
  VERSION_HEADER,
} from '@lockstep/protocol';
import { answerHeaders } from './answer-headers.ts';
import { readJson } from './body.ts';
import type { Closing } from './closing.ts';
import type { GatewayLimits } from './limits.ts';
import { type AnswerShape, requireViewer, type ShapeGatewayOptions } from './options.ts';
import { problemResponse } from './problem.ts';
import { runRound } from './round.ts';

interface LiveOptions<Viewer>
  extends Pick<ShapeGatewayOptions<Viewer>, 'viewer' | 'scopeOf' | 'applied' | 'onLog'> {
  readonly limits: GatewayLimits;
  readonly closing: Closing;
  readonly answerShape: AnswerShape<Viewer>;
}

/** Makes the handler of multiplexed requests: rounds of long polls, counted for each viewer. */
export function createLive<Viewer>(options: LiveOptions<Viewer>): (request: Request) => Promise<Response> {
  const openRounds = new Map<string, number>();
  return async (request) => {
    const viewer = await requireViewer(options, request);
    const asked = parseRound(await readJson(request, options.limits.bodyBytes), options.limits);
    const scope = options.scopeOf(viewer);
    const open = openRounds.get(scope) ?? 0;
    if (open >= options.limits.roundsPerViewer) throw tooManyRounds(options.limits.roundsPerViewer);
    openRounds.set(scope, open + 1);
    try {
      return await answerRound(options, request, viewer, asked);
    } finally {
      const left = (openRounds.get(scope) ?? 1) - 1;
      if (left === 0) openRounds.delete(scope);
      else openRounds.set(scope, left);
    }
  };
}

async function answerRound<Viewer>(
  options: LiveOptions<Viewer>,
  request: Request,
  viewer: Viewer,
  round: MultiplexRequest,
): Promise<Response> {
  const { version: current } = await options.applied.current();
  const heard = round.seen === undefined ? undefined : parseVersionHeader(round.seen);
  const seen = heard === undefined ? current : heard;
  const polls = round.requests.map((asked) => ({
    start: (signal: AbortSignal) => answerPart(options, viewer, asked, signal),
  }));
  const parts = await options.closing.guard(request.signal, (signal) =>
    runRound(polls, {
      signal,
      interrupted: (ended) => options.applied.whenOtherThan(seen, ended),
      roundMs: options.limits.roundMs,
      settleMs: options.limits.settleMs,
    }),
  );
  const version = await newestVersion(options);
  return new Response(concatenate(parts.map(encodeMultiplexPart)), {
    headers: {
      'content-type': MULTIPLEX_CONTENT_TYPE,
      'cache-control': 'private, no-store',
      [VERSION_HEADER]: formatVersionHeader(version),
    },
  });
}

/** One shape's answer as a part; an error is a part too, so that one shape's fault leaves the others alone. */
async function answerPart<Viewer>(
  options: LiveOptions<Viewer>,
  viewer: Viewer,
  asked: MultiplexRequest['requests'][number],
  signal: AbortSignal,
): Promise<MultiplexPart> {
  try {
    const { response, applied } = await options.answerShape(
      {
        name: asked.shape,
        query: new URLSearchParams(asked.query),
        viewer,
        scope: options.scopeOf(viewer),
      },
      signal,
    );
    const headers = answerHeaders(response, { isPublic: false, version: applied.version });
    return toPart(asked.id, new Response(response.body, { status: response.status, headers }));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LockstepError)) {
      options.onLog?.({ level: 'error', message: 'A live poll failed.', details: { error: String(error) } });
    }
    return toPart(asked.id, problemResponse(error, options.applied.lastKnown()?.version));
  }
}

/** Headers that say how to cache a part say nothing: the whole answer is private. */
const UNUSED_PART_HEADERS = ['cache-control', 'vary'];

async function toPart(id: string, response: Response): Promise<MultiplexPart> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) => !UNUSED_PART_HEADERS.includes(name)),
  );
  return { id, status: response.status, headers, body };
}

function parseRound(body: unknown, limits: GatewayLimits): MultiplexRequest {
  const parsed = multiplexRequestSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalidRound(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as specified'}`);
  }
  const ids = new Set(parsed.data.requests.map((asked) => asked.id));
  if (ids.size < parsed.data.requests.length) throw invalidRound('two requests have one id');
  if (ids.size > limits.shapesPerRound) throw invalidRound(`more than ${limits.shapesPerRound} shapes`);
  return parsed.data;
}

/** The database may have gone while the round waited; rows that came are answered all the same. */
async function newestVersion<Viewer>(options: LiveOptions<Viewer>): Promise<SchemaVersion | null> {
  const applied = await options.applied.current().catch(() => options.applied.lastKnown());
  return applied?.version ?? null;
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.byteLength;
  }
  return bytes;
}

function invalidRound(what: string): LockstepError {
  return new LockstepError('REQUEST_INVALID', {
    message: `The multiplexed request is malformed (${what}).`,
    remedy: 'Send {"requests":[{"id","shape","query"}]}, each id once.',
  });
}

function tooManyRounds(limit: number): LockstepError {
  return new LockstepError('TOO_MANY_REQUESTS', {
    message: `This person has ${limit} live requests open already.`,
    remedy: 'Keep one live request open for each device; close the others.',
    details: { limit, retryAfterSeconds: 5 },
  });
}
