import { formatOffset, isLockstepError, type Lsn, parseLsn } from '@lockstep/protocol';
import type { LogBatch } from '../log/change-log.ts';
import type { Position } from '../log/position.ts';
import type { Shape, StartOutcome } from '../shape/shape.ts';
import type { Column } from '../source/source.ts';
import type { ServeContext } from './context.ts';
import { nextCursor } from './cursor.ts';
import { eventStream } from './event-stream.ts';
import { parseShapeParams, type ShapeRequest } from './params.ts';
import { resolveShape } from './resolve-shape.ts';
import {
  type Headers,
  invalidRequest,
  mustRefetch,
  type ShapeAnswer,
  shapeResponse,
  unavailable,
} from './responses.ts';
import { schemaHeader } from './schema-header.ts';
import { streamOf } from './stream.ts';

const START_ATTEMPTS_MAX = 3;
const BARRIER_TIMEOUT_MS = 5_000;
const LOG_START: Position = { lsn: 0n as Lsn, operation: Number.POSITIVE_INFINITY };

interface Exchange {
  readonly http: Request;
  readonly request: ShapeRequest;
  readonly context: ServeContext;
  readonly base: Headers;
}

/** Answers GET and HEAD of `/v1/shape`. */
export async function serveShape(
  http: Request,
  query: URLSearchParams,
  context: ServeContext,
  base: Headers,
): Promise<Response> {
  const parsed = parseShapeParams(query);
  if (parsed.kind === 'invalid') return invalidRequest(parsed.errors, base);
  const exchange: Exchange = { http, request: parsed.request, context, base };
  const { request } = exchange;
  if (request.isLive && request.handle !== null) {
    // A long poll that spells its shape as an earlier request did needs no look at the catalogue.
    const known = context.registry.byHandle(request.handle);
    if (known?.aliases.has(request.spelling)) return serveKnown(exchange, known, known.definition.columns);
  }
  if (!(await context.isReady())) {
    const message = 'Timeout waiting for the replication stream to start';
    return unavailable({ message }, 5, true, base);
  }
  try {
    for (let attempt = 1; ; attempt += 1) {
      const resolved = await resolveShape(request, context);
      if (resolved.kind === 'stale') {
        if (attempt < START_ATTEMPTS_MAX) continue;
        return mustRefetch(null, base);
      }
      if (resolved.kind === 'invalid') return invalidRequest(resolved.errors, base);
      const { shape, columns } = resolved;
      if (request.handle !== null && request.handle !== shape.handle) return mustRefetch(shape.handle, base);
      const outcome = await shape.started;
      if (outcome.kind === 'gone' && request.handle === null && attempt < START_ATTEMPTS_MAX) continue;
      if (outcome.kind !== 'started') return startFailure(outcome, base);
      return await serveKnown(exchange, shape, columns);
    }
  } catch (error) {
    if (isLockstepError(error) && error.code === 'POSTGRES_UNREACHABLE') return databaseUnreachable(base);
    throw error;
  }
}

function startFailure(outcome: Exclude<StartOutcome, { kind: 'started' }>, base: Headers): Response {
  switch (outcome.kind) {
    case 'gone':
      return mustRefetch(null, base);
    case 'invalid':
      return invalidRequest({ where: ["the clause can't be evaluated on every row of the table"] }, base);
    case 'failed':
      return unavailable({ message: outcome.message }, 10, true, base);
    case 'unreachable':
      return databaseUnreachable(base);
  }
}

function databaseUnreachable(base: Headers): Response {
  return unavailable({ code: 'database_unreachable', error: 'Database is unreachable' }, 10, true, base);
}

async function serveKnown(exchange: Exchange, shape: Shape, columns: readonly Column[]): Promise<Response> {
  const { offset } = exchange.request;
  shape.usedMs = exchange.context.nowMs();
  if (offset.kind === 'start') return serveChunk(exchange, shape, columns, 0);
  if (offset.kind === 'now') return serveNow(exchange, shape, columns);
  if (offset.lsn !== 0n) return serveLog(exchange, shape, columns, offset);
  if (Number.isFinite(offset.operation)) {
    const next = offset.operation + 1;
    const count = shape.snapshot.chunkCount;
    if (count === null || next < count) {
      const chunk = await serveChunk(exchange, shape, columns, next);
      if (chunk !== null) return chunk;
    }
  }
  return serveLog(exchange, shape, columns, LOG_START);
}

/** Chunk `index` of the snapshot, while it is written; null when the snapshot has none of that number. */
async function serveChunk(
  exchange: Exchange,
  shape: Shape,
  columns: readonly Column[],
  index: 0,
): Promise<Response>;
async function serveChunk(
  exchange: Exchange,
  shape: Shape,
  columns: readonly Column[],
  index: number,
): Promise<Response | null>;
async function serveChunk(
  exchange: Exchange,
  shape: Shape,
  columns: readonly Column[],
  index: number,
): Promise<Response | null> {
  const chunk = await shape.snapshot.open(index).catch((error: unknown) => {
    if (shape.isGone) return 'gone' as const;
    throw error;
  });
  if (chunk === 'gone') return mustRefetch(null, exchange.base);
  if (chunk === null) return null;
  return respond(exchange, shape, columns, {
    offset: `0_${index}`,
    cache: exchange.request.isLive ? 'live' : index === 0 ? 'initial' : 'catch-up',
    isUpToDate: false,
    hasData: true,
    body: streamOf(chunk),
  });
}

async function serveNow(exchange: Exchange, shape: Shape, columns: readonly Column[]): Promise<Response> {
  const { context } = exchange;
  // What the snapshot saw is not in the log: the position told must not be older than it.
  const { point } = shape;
  if (point !== null && context.registry.lastLsn < point.lsn) await passPoint(context);
  const last = shape.log.last;
  return respond(exchange, shape, columns, {
    offset: formatPosition(last ?? LOG_START),
    cache: 'catch-up',
    isUpToDate: true,
    hasData: false,
    body: `[${upToDate(context.registry.lastLsn)}]`,
  });
}

/** Sends a message through the stream and waits for it: everything before it has then been received. */
async function passPoint(context: ServeContext): Promise<void> {
  // Flushed at once even where commits are not: only flushed WAL is streamed.
  const [row] = await context.database.query<{ lsn: string }>(
    "SELECT set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'lockstep', '')::text AS lsn",
  );
  if (row !== undefined) await context.registry.waitForLsn(parseLsn(row.lsn), BARRIER_TIMEOUT_MS);
}

async function serveLog(
  exchange: Exchange,
  shape: Shape,
  columns: readonly Column[],
  from: Position,
): Promise<Response> {
  const { context, request, http, base } = exchange;
  if (from.lsn > context.registry.lastLsn) {
    const isReached = await context.registry.waitForLsn(from.lsn, context.longPollMs / 2);
    if (!isReached) return invalidRequest({ offset: ['out of bounds for this shape'] }, base);
  }
  let batch = shape.log.readAfter(from);
  let hasData = true;
  if (request.isLive && request.isStream) {
    return respond(exchange, shape, columns, {
      offset: formatPosition(batch.end ?? from),
      cache: 'stream',
      isUpToDate: batch.isLast,
      hasData: true,
      body: eventStream({ shape, batch, from, signal: http.signal, context }),
    });
  }
  if (request.isLive && batch.end === null) {
    context.counters.liveRequests += 1;
    const outcome = await shape.wait(
      from,
      context.longPollMs,
      AbortSignal.any([http.signal, context.closing]),
    );
    context.counters.liveRequests -= 1;
    if (outcome === 'gone') return mustRefetch(null, base);
    batch = shape.log.readAfter(from);
    hasData = batch.end !== null;
  } else if (shape.isGone) {
    return mustRefetch(null, base);
  }
  const { registry } = context;
  const lsn = request.isLive && batch.end !== null ? batch.end.lsn : registry.lastLsn;
  return respond(exchange, shape, columns, {
    offset: formatPosition(batch.end ?? from),
    cache: request.isLive ? 'live' : 'catch-up',
    isUpToDate: batch.isLast,
    hasData,
    body: batch.end === null ? `[${upToDate(lsn)}]` : wrap(batch, lsn),
  });
}

/** The messages as one JSON array, the last one saying how far it goes where nothing follows. */
function wrap(batch: LogBatch, lsn: Lsn): Uint8Array<ArrayBuffer> {
  const tail = batch.isLast ? `,${upToDate(lsn)}]` : ']';
  return Buffer.concat([Buffer.from('['), ...batch.pieces, Buffer.from(tail)]);
}

function respond(
  { http, request, context, base }: Exchange,
  shape: Shape,
  columns: readonly Column[],
  answer: Pick<ShapeAnswer, 'offset' | 'cache' | 'isUpToDate' | 'hasData' | 'body'>,
): Response {
  return shapeResponse(
    {
      ...answer,
      handle: shape.handle,
      requestOffset: request.offsetText,
      schema: request.isLive ? null : schemaHeader(columns),
      cursor: request.isLive
        ? nextCursor(request.cursor, context.longPollMs, context.nowMs(), context.random)
        : null,
    },
    http,
    base,
  );
}

function formatPosition(position: Position): string {
  return formatOffset({ kind: 'at', ...position });
}

/** The message that says how far the client is now. */
function upToDate(lsn: Lsn): string {
  return `{"headers":{"control":"up-to-date","global_last_seen_lsn":"${lsn}"}}`;
}
