import { LockstepError } from '@lockstep/protocol';
import { answerHeaders } from './answer-headers.ts';
import { createClosing } from './closing.ts';
import { GATEWAY_LIMITS } from './limits.ts';
import { createLive } from './live.ts';
import { type AnswerShape, requireViewer, type ShapeGatewayOptions } from './options.ts';
import { createPolls } from './polls.ts';
import { problemResponse } from './problem.ts';
import { resolveShape } from './resolve.ts';
import { delay } from './round.ts';
import { createUpstream, type GatewayLog } from './upstream.ts';

export interface ShapeGateway {
  /** `GET …/shapes/<name>?columns=…&scope=…&version=…&offset=…`: one shape, as Electric answers it. */
  shape(request: Request, name: string): Promise<Response>;
  /** `POST …/shapes/live`: the live positions of many shapes in one request (`multiplexRequestSchema`). */
  live(request: Request): Promise<Response>;
  /** Answers what is waiting, and everything later with 503. Bodies that are under way are finished. */
  close(): void;
}

/** For the log alone: who asked is gone, and that is nobody's fault. */
const CLIENT_LEFT = 499;

/**
 * Stands between clients and Electric: the server chooses table, columns and rows of a named shape (decision 11), checks
 * who asks, and says on every response which version of the schema is applied. Its methods never reject.
 */
export function createShapeGateway<Viewer>(options: ShapeGatewayOptions<Viewer>): ShapeGateway {
  const limits = { ...GATEWAY_LIMITS, ...options.limits };
  const onLog = options.onLog ?? (() => undefined);
  const closing = createClosing();
  const upstream = createUpstream({
    electricUrl: options.electricUrl,
    electricSecret: options.electricSecret,
    fetch: options.fetch ?? globalThis.fetch,
    upstreamMs: limits.upstreamMs,
    onLog,
  });
  const polls = createPolls(upstream, limits.keepMs);

  /** Electric may learn of a migration later than we do: such a request is held until it has, for a while. */
  const answerShape: AnswerShape<Viewer> = async (asked, signal, headers) => {
    const until = performance.now() + limits.behindMs;
    for (;;) {
      const applied = await options.applied.current();
      const { upstream: query, isPublic } = resolveShape(options.shapes, asked, applied);
      const answer = await polls.ask(query, signal, headers);
      if (answer.kind === 'answer') return { response: answer.response, isPublic, applied };
      if (performance.now() >= until) throw electricBehind(asked.name);
      await delay(limits.behindRetryMs, signal);
      signal.throwIfAborted();
    }
  };

  async function shape(request: Request, name: string): Promise<Response> {
    const viewer = await requireViewer(options, request);
    const asked = {
      name,
      query: new URL(request.url).searchParams,
      viewer,
      scope: options.scopeOf(viewer),
    };
    // A compressing server on the way makes a tag weak; Electric compares the text.
    const etag = request.headers.get('if-none-match')?.replaceAll('W/', '');
    const { response, isPublic } = await closing.guard(request.signal, (signal) =>
      answerShape(asked, signal, etag === undefined ? undefined : { 'if-none-match': etag }),
    );
    // A long poll may have waited through a deploy: the version is the one of now.
    const { version } = await options.applied.current();
    const hasBody = response.status !== 304 && response.status !== 204;
    return new Response(hasBody ? response.body : null, {
      status: response.status,
      headers: answerHeaders(response, { isPublic, version }),
    });
  }

  const live = createLive({ ...options, limits, closing, answerShape });

  async function guarded(request: Request, handle: () => Promise<Response>): Promise<Response> {
    try {
      if (closing.isClosed()) throw stopping();
      return await handle();
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: CLIENT_LEFT });
      const failure = closing.isClosed() ? stopping() : error;
      logUnexpected(failure, onLog);
      return problemResponse(failure, options.applied.lastKnown()?.version);
    }
  }

  return {
    shape: (request, name) => guarded(request, () => shape(request, name)),
    live: (request) => guarded(request, () => live(request)),
    close() {
      closing.close();
      polls.close();
    },
  };
}

function logUnexpected(error: unknown, onLog: GatewayLog): void {
  if (error instanceof LockstepError) return;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  onLog({ level: 'error', message: 'A shape request failed.', details: { error: text } });
}

function electricBehind(name: string): LockstepError {
  return new LockstepError('ELECTRIC_BEHIND', {
    message: `Electric has not noticed the newest migration yet, so the shape ${name} has to wait.`,
    remedy: 'Wait: the request can be repeated as it is. Electric notices within a minute.',
    details: { retryAfterSeconds: 5 },
  });
}

function stopping(): LockstepError {
  return new LockstepError('SERVER_STOPPING', {
    message: 'The server is stopping.',
    remedy: 'Wait: the request can be repeated as it is.',
    details: { retryAfterSeconds: 1 },
  });
}
