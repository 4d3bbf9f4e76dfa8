import { LSN_ZERO, type Lsn, type QualifiedName } from '@lockstep/protocol';
import type { Change, SnapshotPoint, Table, Transaction } from '../source/source.ts';
import type { ShapeDefinition } from './definition.ts';
import { createShape, type Shape } from './shape.ts';
import { areVisible } from './visibility.ts';

/** How many transactions are remembered for `hasSeenAll`. */
const RECENT_TRANSACTIONS_MAX = 4096;

/** A shape whose log is longer begins anew: reading the table is cheaper for its clients by then. */
export const LOG_BYTES_MAX = 128 * 1024 * 1024;
/** A shape that nobody asked for in this time is dropped. */
const SHAPE_IDLE_MS_MAX = 60 * 60 * 1000;

/** All shapes, and the one place where the stream reaches them. */
export interface Registry {
  /** Everything that was committed up to here is in every shape's log or snapshot. */
  readonly lastLsn: Lsn;
  readonly size: number;
  /** A number that grows: what the catalogue said after it was taken is newer than what it said before. */
  tick(): number;
  byHandle(handle: string): Shape | null;
  /**
   * The shape of a definition made from the catalogue at `asOf`, and whether it is new and has to be started; null
   * when the catalogue has been read again since, with another result.
   */
  findOrCreate(
    definition: ShapeDefinition,
    asOf: number,
  ): { readonly shape: Shape; readonly isNew: boolean } | null;
  accept(transaction: Transaction): void;
  /** A new stream: what happened before it is unknown, so all shapes end. */
  restart(lsn: Lsn): void;
  /** Ends the shapes that the table of this name no longer is: another table, or none, has the name now. */
  retireStale(name: QualifiedName, current: Table | null, asOf: number): void;
  /** Ends the shapes that nobody has asked for lately. */
  retireIdle(nowMs: number): void;
  /** Waits until `lastLsn` has reached the position; false when that took too long. */
  waitForLsn(lsn: Lsn, timeoutMs: number): Promise<boolean>;
  /** Answers everybody who waits, as at a timeout. */
  release(): void;
  /** Whether the snapshot saw every transaction that was received before the shape existed. */
  hasSeenAll(shape: Shape, point: SnapshotPoint): boolean;
}

export interface RegistryOptions {
  readonly chunkBytes: number;
  readonly nowMs: () => number;
}

export function createRegistry(options: RegistryOptions): Registry {
  const shapes = new Map<string, Shape>();
  const byKey = new Map<string, Shape>();
  const byTable = new Map<number, Set<Shape>>();
  /** The ids of the latest transactions; the one numbered `n` is at `n % RECENT_TRANSACTIONS_MAX`. */
  const recent: number[] = [];
  const positionWaiters = new Set<() => void>();
  let ticks = 0;
  let received = 0;
  let lastLsn = LSN_ZERO;
  let lastStampUs = 0;

  const forget = (shape: Shape) => {
    shapes.delete(shape.handle);
    if (byKey.get(shape.definition.key) === shape) byKey.delete(shape.definition.key);
    const siblings = byTable.get(shape.definition.table.oid);
    siblings?.delete(shape);
    if (siblings?.size === 0) byTable.delete(shape.definition.table.oid);
  };

  const nextHandle = (key: string) => {
    lastStampUs = Math.max(options.nowMs() * 1000, lastStampUs + 1);
    return `${hash(key)}-${lastStampUs}`;
  };

  return {
    get lastLsn() {
      return lastLsn;
    },
    get size() {
      return shapes.size;
    },
    byHandle: (handle) => shapes.get(handle) ?? null,
    tick() {
      ticks += 1;
      return ticks;
    },
    findOrCreate(definition, asOf) {
      const found = byKey.get(definition.key);
      if (found !== undefined) {
        if (found.definition.fingerprint === definition.fingerprint) return { shape: found, isNew: false };
        if (found.verifiedAt > asOf) return null;
        found.retire();
      }
      const shape = createShape({
        handle: nextHandle(definition.key),
        definition,
        chunkBytes: options.chunkBytes,
        since: received,
        tick: asOf,
        nowMs: options.nowMs(),
        onRetire: forget,
      });
      shapes.set(shape.handle, shape);
      byKey.set(definition.key, shape);
      const { oid } = definition.table;
      const siblings = byTable.get(oid);
      if (siblings === undefined) byTable.set(oid, new Set([shape]));
      else siblings.add(shape);
      return { shape, isNew: true };
    },
    accept(transaction) {
      recent[received % RECENT_TRANSACTIONS_MAX] = transaction.xid;
      received += 1;
      for (const [oid, changes] of changesByTable(transaction)) {
        for (const shape of byTable.get(oid) ?? []) {
          shape.accept(transaction, changes);
          if (shape.log.bytes > LOG_BYTES_MAX) shape.retire();
        }
      }
      lastLsn = transaction.lsn;
      for (const check of positionWaiters) check();
    },
    restart(lsn) {
      for (const shape of shapes.values()) shape.retire();
      recent.length = 0;
      received = 0;
      lastLsn = lsn;
    },
    retireStale(name, current, asOf) {
      for (const [oid, siblings] of byTable) {
        for (const shape of siblings) {
          const { table } = shape.definition;
          if (table.name !== name.name || table.schema !== name.schema) break;
          const isOther = current === null || current.oid !== oid;
          // Changes may have been missed while the table was out of the publication or without its old rows.
          const isUnpublished =
            shape.membership !== null &&
            (current?.membership !== shape.membership || !current.hasFullIdentity);
          if ((isOther || isUnpublished) && shape.verifiedAt <= asOf) shape.retire();
        }
      }
    },
    retireIdle(nowMs) {
      for (const shape of shapes.values()) {
        if (shape.waiting === 0 && nowMs - shape.usedMs > SHAPE_IDLE_MS_MAX) shape.retire();
      }
    },
    waitForLsn(lsn, timeoutMs) {
      if (lastLsn >= lsn) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settle = (isReached: boolean) => {
          clearTimeout(timer);
          positionWaiters.delete(check);
          resolve(isReached);
        };
        const check = () => {
          if (lastLsn >= lsn) settle(true);
        };
        const timer = setTimeout(() => settle(false), timeoutMs);
        positionWaiters.add(check);
      });
    },
    release() {
      for (const shape of shapes.values()) shape.release();
    },
    hasSeenAll(shape, point) {
      const from = Math.max(0, received - RECENT_TRANSACTIONS_MAX);
      const before: number[] = [];
      for (let number = from; number < shape.since; number += 1) {
        before.push(recent[number % RECENT_TRANSACTIONS_MAX] as number);
      }
      return areVisible(before, point);
    },
  };
}

function changesByTable(transaction: Transaction): Map<number, readonly Change[]> {
  const tables = new Map<number, Change[]>();
  for (const change of transaction.changes) {
    const changes = tables.get(change.relation.oid);
    if (changes === undefined) tables.set(change.relation.oid, [change]);
    else changes.push(change);
  }
  return tables;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
