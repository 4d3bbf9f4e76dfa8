import type { LogBatch } from '../log/change-log.ts';
import type { Position } from '../log/position.ts';
import type { Shape } from '../shape/shape.ts';
import type { ServeContext } from './context.ts';
import { streamOf } from './stream.ts';

const KEEP_ALIVE_MS = 21_000;
const STREAM_MS_MAX = 60_000;

export interface EventStreamOptions {
  readonly shape: Shape;
  /** What the log has after the request's position. */
  readonly batch: LogBatch;
  readonly from: Position;
  readonly signal: AbortSignal;
  readonly context: ServeContext;
}

/**
 * Server-sent events. A client that is behind gets what is there and asks again; the stream of one that is up to date
 * stays open until the shape ends or a minute has passed.
 */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  return streamOf(encodeAll(events(options)));
}

async function* encodeAll(parts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const part of parts) yield encoder.encode(part);
}

async function* events({ shape, batch, from, signal, context }: EventStreamOptions): AsyncGenerator<string> {
  if (batch.end !== null) {
    yield formatBatch(batch);
    return;
  }
  const deadline = context.nowMs() + STREAM_MS_MAX;
  let position = from;
  context.counters.liveRequests += 1;
  try {
    // The first bytes make the response's head go out.
    yield ': connected\n\n';
    for (;;) {
      const left = deadline - context.nowMs();
      if (left <= 0) return;
      const outcome = await shape.wait(position, Math.min(KEEP_ALIVE_MS, left), signal);
      if (context.closing.aborted || outcome === 'gone' || outcome === 'aborted') return;
      const next = shape.log.readAfter(position);
      if (next.end === null) {
        yield ': keep-alive\n\n';
        continue;
      }
      position = next.end;
      yield formatBatch(next);
    }
  } finally {
    context.counters.liveRequests -= 1;
  }
}

function formatBatch(batch: LogBatch): string {
  const messages = batch
    .messages()
    .map((message) => `data: ${message}\n\n`)
    .join('');
  if (!batch.isLast || batch.end === null) return messages;
  return `${messages}data: {"headers":{"control":"up-to-date","global_last_seen_lsn":"${batch.end.lsn}"}}\n\n`;
}
