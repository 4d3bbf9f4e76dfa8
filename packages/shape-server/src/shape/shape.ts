import type { Lsn } from '@lockstep/protocol';
import { type ChangeLog, createChangeLog } from '../log/change-log.ts';
import type { Position } from '../log/position.ts';
import { createSnapshotStore, type SnapshotStore } from '../log/snapshot-store.ts';
import type { Change, SnapshotPoint, Table, Transaction } from '../source/source.ts';
import { matchesRelation, type ShapeDefinition } from './definition.ts';
import {
  createMessageWriter,
  type DraftMessage,
  LAST_MARK,
  type MessageWriter,
  transactionText,
} from './messages.ts';
import { isVisible } from './visibility.ts';

export type WaitOutcome = 'changed' | 'timeout' | 'gone' | 'aborted';

/** Why a shape could not begin. `message` has Electric's words. */
export type StartOutcome =
  | { readonly kind: 'started' }
  /** The table or a column changed under the request: it starts over. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly message: string }
  /** The where clause fails on a row of the table. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'unreachable'; readonly cause: unknown };

export interface Shape {
  readonly handle: string;
  readonly definition: ShapeDefinition;
  readonly snapshot: SnapshotStore;
  readonly log: ChangeLog;
  /** Number of the last transaction that was received before the shape existed. */
  readonly since: number;
  /** When the table was last known to be as the definition says (see `Registry.tick`). */
  readonly verifiedAt: number;
  readonly isGone: boolean;
  /** Where the snapshot lies, or null until it is known. */
  readonly point: SnapshotPoint | null;
  /** When it was last asked for. */
  usedMs: number;
  /** Spellings of requests that were found to mean this shape. */
  readonly aliases: Set<string>;
  /** Settles when the snapshot's point is known and its rows are coming, or when that failed. */
  readonly started: Promise<StartOutcome>;
  settleStart(outcome: StartOutcome): void;
  /** From here on changes are appended; those that the snapshot saw are left out. */
  follow(point: SnapshotPoint, table: Table, tick: number): void;
  /** The table's membership in the publication since then; null before. */
  readonly membership: string | null;
  /** Takes the changes of a transaction to the shape's table. */
  accept(transaction: Transaction, changes: readonly Change[]): void;
  /** Ends the shape: its clients fetch anew. */
  retire(): void;
  /** How many requests wait. */
  readonly waiting: number;
  wait(after: Position, timeoutMs: number, signal: AbortSignal): Promise<WaitOutcome>;
  /** Answers everybody who waits, as at a timeout. */
  release(): void;
}

export interface ShapeOptions {
  readonly handle: string;
  readonly definition: ShapeDefinition;
  readonly chunkBytes: number;
  readonly since: number;
  readonly tick: number;
  readonly nowMs: number;
  readonly onRetire: (shape: Shape) => void;
}

interface Received {
  readonly transaction: Transaction;
  readonly changes: readonly Change[];
}

export function createShape(options: ShapeOptions): Shape {
  const { definition } = options;
  const snapshot = createSnapshotStore(options.chunkBytes);
  const log = createChangeLog(options.chunkBytes);
  const waiters = new Set<(outcome: WaitOutcome) => void>();
  let received: Received[] = [];
  let point: SnapshotPoint | null = null;
  let verifiedAt = options.tick;
  let membership: string | null = null;
  let writer: MessageWriter | null = null;
  let isGone = false;
  let settleStart: (outcome: StartOutcome) => void = () => undefined;
  const started = new Promise<StartOutcome>((resolve) => {
    settleStart = resolve;
  });

  const wake = (outcome: WaitOutcome) => {
    for (const waiter of waiters) waiter(outcome);
  };

  /** The messages of a transaction, or null when the shape can't go on past it. */
  const write = (transaction: Transaction, changes: readonly Change[]): DraftMessage[] | null => {
    const text = transactionText(transaction);
    const drafts: DraftMessage[] = [];
    for (const change of changes) {
      if (change.kind === 'truncate' || (change.kind !== 'insert' && change.old === null)) return null;
      if (writer === null || writer.relation !== change.relation) {
        if (!matchesRelation(definition, change.relation)) return null;
        writer = createMessageWriter(definition, change.relation);
      }
      writer.write(change, text, drafts);
    }
    return drafts;
  };

  const append = (lsn: Lsn, drafts: readonly DraftMessage[]) => {
    const last = drafts.length - 1;
    for (let index = 0; index <= last; index += 1) {
      const { operation, head, tail } = drafts[index] as DraftMessage;
      log.append(lsn, operation, head + (index === last ? LAST_MARK : '') + tail);
    }
  };

  const shape: Shape = {
    handle: options.handle,
    definition,
    snapshot,
    log,
    since: options.since,
    usedMs: options.nowMs,
    aliases: new Set(),
    started,
    settleStart,
    get isGone() {
      return isGone;
    },
    get waiting() {
      return waiters.size;
    },
    get point() {
      return point;
    },
    get membership() {
      return membership;
    },
    get verifiedAt() {
      return verifiedAt;
    },
    follow(at, table, tick) {
      point = at;
      verifiedAt = tick;
      membership = table.membership;
      const waiting = received;
      received = [];
      for (const { transaction, changes } of waiting) shape.accept(transaction, changes);
    },
    accept(transaction, changes) {
      if (isGone) return;
      if (point === null) {
        received.push({ transaction, changes });
        return;
      }
      if (transaction.lsn < point.lsn && isVisible(transaction.xid, point)) return;
      const drafts = write(transaction, changes);
      if (drafts === null) {
        shape.retire();
      } else if (drafts.length > 0) {
        append(transaction.lsn, drafts);
        wake('changed');
      }
    },
    retire() {
      if (isGone) return;
      isGone = true;
      received = [];
      options.onRetire(shape);
      settleStart({ kind: 'gone' });
      wake('gone');
    },
    release: () => wake('timeout'),
    wait(after, timeoutMs, signal) {
      if (isGone) return Promise.resolve('gone');
      if (log.hasAfter(after)) return Promise.resolve('changed');
      if (signal.aborted) return Promise.resolve('aborted');
      return new Promise((resolve) => {
        const settle = (outcome: WaitOutcome) => {
          waiters.delete(settle);
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          resolve(outcome);
        };
        const abort = () => settle('aborted');
        const timer = setTimeout(() => settle('timeout'), timeoutMs);
        signal.addEventListener('abort', abort);
        waiters.add(settle);
      });
    },
  };
  return shape;
}
