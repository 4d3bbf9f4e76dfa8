import type { PGliteInterface } from '@electric-sql/pglite';
import { LockstepError } from '@lockstep/protocol';
import { applyBatch, type ShapeTarget } from './apply.ts';
import { addAnswer, type Batch, type Position } from './batch.ts';
import type { Multiplexer } from './multiplex.ts';
import type { RawAnswer } from './raw.ts';
import { beginStaging, finishStaging, NOTHING_STAGED, type Staged, stageBatch } from './refetch.ts';
import { openStream, type RefusedRequest, type StreamParams } from './stream.ts';

/** What happens to a shape, for its status (`state.ts`) and for whoever waits for it. */
export type ReaderEvent =
  | {
      readonly kind: 'connect';
      readonly how: 'load' | 'resume' | 'refetch';
      readonly position: Position | null;
    }
  | { readonly kind: 'received'; readonly rows: number; readonly bytes: number }
  /** Rows and position are committed. `rows` is 0 when only the position moved. */
  | {
      readonly kind: 'applied';
      readonly rows: number;
      readonly position: Position;
      readonly isUpToDate: boolean;
    }
  | { readonly kind: 'refetch' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'refused'; readonly request: RefusedRequest }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface ReaderOptions {
  readonly db: PGliteInterface;
  readonly target: ShapeTarget;
  /** `resume` goes on from `position`; `load` fills an empty table; `refetch` replaces rows by a new snapshot. */
  readonly start:
    | { readonly how: 'resume'; readonly position: Position }
    | { readonly how: 'load' | 'refetch' };
  readonly shapesUrl: string;
  readonly params: Omit<StreamParams, 'columns'>;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly multiplexer: Multiplexer;
  readonly onEvent: (event: ReaderEvent) => void;
}

/** One run of a shape's stream. It ends when stopped, refused or failed; whoever started it decides what then. */
export interface ShapeReader {
  /** Done when nothing of it touches the database any more. */
  stop(): Promise<void>;
}

export function startShapeReader(options: ReaderOptions): ShapeReader {
  const { db, target, start, onEvent } = options;
  const controller = new AbortController();
  let pending: Batch | null = null;
  let staged: Staged | null = start.how === 'refetch' ? NOTHING_STAGED : null;
  let isSnapshotStart = start.how === 'load';
  let isStagingBegun = false;
  let saved: Position | null = start.how === 'resume' ? start.position : null;
  let work: Promise<void> = Promise.resolve();

  /** Runs a step unless the reader has ended; a step that fails ends it, and nothing escapes. */
  function step(body: () => Promise<void>): Promise<void> {
    work = work.then(async () => {
      if (controller.signal.aborted) return;
      try {
        await body();
      } catch (error) {
        if (controller.signal.aborted) return;
        controller.abort();
        onEvent({ kind: 'failed', error });
      }
    });
    return work;
  }

  async function receive(answer: RawAnswer): Promise<void> {
    if (answer.events.length > 0) throw unknownEvent(target.shape, answer.events);
    onEvent({ kind: 'received', rows: answer.changes.length, bytes: answer.bytes });
    const next = addAnswer(pending, answer);
    pending = next.pending;
    if (next.due !== null) await (staged === null ? apply(next.due) : stage(next.due, staged));
  }

  async function apply(batch: Batch): Promise<void> {
    // Most answers to long polls say that nothing happened: there is nothing to write then.
    if (batch.changes.length > 0 || !isSame(saved, batch.position)) {
      await applyBatch(db, target, batch, isSnapshotStart);
    }
    isSnapshotStart = false;
    saved = batch.position;
    onEvent(toApplied(batch, batch.changes.length));
  }

  async function stage(batch: Batch, before: Staged): Promise<void> {
    if (!isStagingBegun) await beginStaging(db, target);
    isStagingBegun = true;
    staged = await stageBatch(db, target, batch, before);
    if (!batch.isUpToDate) return;
    await finishStaging(db, target, batch.position, staged);
    const { rows } = staged;
    staged = null;
    saved = batch.position;
    // A refetch that found nothing may still have deleted rows.
    onEvent(toApplied(batch, Math.max(rows, 1)));
  }

  async function beginRefetch(): Promise<void> {
    pending = null;
    staged = NOTHING_STAGED;
    isStagingBegun = false;
    onEvent({ kind: 'refetch' });
  }

  onEvent({
    kind: 'connect',
    how: start.how,
    position: start.how === 'resume' ? start.position : null,
  });
  openStream({
    shape: target.shape,
    url: `${options.shapesUrl}/${encodeURIComponent(target.shape)}`,
    params: { ...options.params, columns: target.columns },
    headers: options.headers,
    from: start.how === 'resume' ? start.position : null,
    fetch: options.fetch,
    multiplexer: options.multiplexer,
    signal: controller.signal,
    onAnswer: (answer) => step(() => receive(answer)),
    onMustRefetch: () => step(beginRefetch),
    onUnreachable: () => onEvent({ kind: 'unreachable' }),
    onRefused: (request) => {
      if (controller.signal.aborted) return;
      controller.abort();
      onEvent({ kind: 'refused', request });
    },
  });

  return {
    stop() {
      controller.abort();
      return work;
    },
  };
}

function isSame(one: Position | null, other: Position): boolean {
  return one?.handle === other.handle && one.offset === other.offset;
}

function toApplied(batch: Batch, rows: number): ReaderEvent {
  return { kind: 'applied', rows, position: batch.position, isUpToDate: batch.isUpToDate };
}

function unknownEvent(shape: string, events: readonly string[]): LockstepError {
  return new LockstepError('SYNC_REQUEST_FAILED', {
    message: `Shape "${shape}" sends "${events[0]}" events, which this version does not understand.`,
    remedy: 'Define the shape without a subquery in its where clause.',
    details: { shape },
  });
}
