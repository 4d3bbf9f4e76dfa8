import type { ChangeMessage, RowText } from '@lockstep/protocol';

/** Where a shape's log has been read to. */
export interface Position {
  readonly handle: string;
  readonly offset: string;
}

/** What one answer of a shape said: rows as Postgres text, past the client's parser. */
export interface Answer {
  readonly changes: readonly ChangeMessage[];
  /** Where the answer ends. */
  readonly position: Position;
  /** The answer ends with up-to-date: every transaction in it is whole. */
  readonly isUpToDate: boolean;
  /** Bytes of the body. */
  readonly bytes: number;
}

/** Answers that are applied together, in one local transaction with their position. */
export interface Batch extends Answer {
  /** Rows of a first snapshot: inserts only, each key once. */
  readonly isSnapshot: boolean;
}

/**
 * Past this many changes a batch is applied although its last transaction may be cut:
 * memory stays bounded, and the next batch completes it.
 */
export const BATCH_CHANGES_MAX = 50_000;

/**
 * Collects answers until their transactions are whole (up-to-date). A snapshot's chunks go on at once:
 * they are one consistent view however they are cut, and the reader sees rows early.
 */
export function addAnswer(
  pending: Batch | null,
  answer: Answer,
): { readonly pending: Batch | null; readonly due: Batch | null } {
  const joined = join(pending, answer);
  const isDue =
    answer.isUpToDate ||
    joined.changes.length >= BATCH_CHANGES_MAX ||
    (joined.isSnapshot && joined.changes.length > 0);
  return isDue ? { pending: null, due: joined } : { pending: joined, due: null };
}

function join(pending: Batch | null, answer: Answer): Batch {
  const isSnapshot = answer.changes.every(isSnapshotRow);
  if (pending === null) return { ...answer, isSnapshot };
  return {
    changes: [...pending.changes, ...answer.changes],
    position: answer.position,
    isUpToDate: answer.isUpToDate,
    bytes: pending.bytes + answer.bytes,
    isSnapshot: pending.isSnapshot && isSnapshot,
  };
}

function isSnapshotRow(change: ChangeMessage): boolean {
  return change.headers.operation === 'insert' && change.headers.lsn === undefined;
}

/** The net effect of a batch, each row once. */
export interface NetChanges {
  /** Whole rows. */
  readonly upserts: readonly RowText[];
  /** Key and changed columns. */
  readonly updates: readonly RowText[];
  /** At least the key. */
  readonly deletes: readonly RowText[];
}

type Net = { readonly kind: 'upsert' | 'update' | 'delete'; readonly row: RowText };

/** Folds the changes of each row into one. A key change arrives as a delete and an insert under two keys. */
export function coalesce(changes: readonly ChangeMessage[]): NetChanges {
  const byKey = new Map<string, Net>();
  for (const change of changes) byKey.set(change.key, fold(byKey.get(change.key), change));
  const upserts: RowText[] = [];
  const updates: RowText[] = [];
  const deletes: RowText[] = [];
  const lists = { upsert: upserts, update: updates, delete: deletes };
  for (const { kind, row } of byKey.values()) lists[kind].push(row);
  return { upserts, updates, deletes };
}

function fold(before: Net | undefined, { headers, value }: ChangeMessage): Net {
  if (headers.operation === 'insert') return { kind: 'upsert', row: value };
  if (headers.operation === 'delete') return { kind: 'delete', row: value };
  if (before === undefined) return { kind: 'update', row: value };
  // An update of a row that is gone has nothing to change.
  if (before.kind === 'delete') return before;
  return { kind: before.kind, row: { ...before.row, ...value } };
}
