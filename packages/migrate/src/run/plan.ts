import type { ReplicaMigration } from '@lockstep/protocol';
import type { AppliedMigration, AppliedState, DrizzleRow } from './applied.ts';
import type { Attempt } from './attempt.ts';
import { statementsFor } from './statements.ts';

/** A migration that is to be applied. */
export interface PendingMigration<M extends ReplicaMigration = ReplicaMigration> {
  readonly migration: M;
  /** Older than the newest applied one: it came in from a branch. Applied all the same, and reported. */
  readonly isOutOfOrder: boolean;
  /** How many of its statements an interrupted run has done already. */
  readonly step: number;
  /** Our table has a row of it: an earlier run began it. */
  readonly isBegun: boolean;
  /** A statement outside of transactions that was begun, and may be done or not. */
  readonly attempt: Attempt | null;
}

/** An applied migration that the bundle doesn't have. */
export type UnknownMigration =
  | { readonly kind: 'named'; readonly tag: string; readonly index: number; readonly hash: string }
  /** A row of Drizzle's table: only hash and time are known. */
  | { readonly kind: 'unnamed'; readonly when: number; readonly hash: string };

/** A row of our table that says something else than the bundle of the same file: renamed, renumbered, another time or chain. */
export interface Restamp<M extends ReplicaMigration = ReplicaMigration> {
  /** The tag under which it is stored. */
  readonly storedTag: string;
  readonly migration: M;
}

/** What has to happen for the database to be where the bundle is, or why that can't be. */
export type Plan<M extends ReplicaMigration = ReplicaMigration> =
  | {
      readonly kind: 'up-to-date';
      /** Applied by Drizzle's own migrator: our table is to learn of them. */
      readonly takeOver: readonly M[];
      /** Rows to bring in line once everything is applied. */
      readonly restamp: readonly Restamp<M>[];
    }
  | {
      readonly kind: 'pending';
      readonly takeOver: readonly M[];
      readonly restamp: readonly Restamp<M>[];
      /** In the order of the bundle, never empty. */
      readonly pending: readonly PendingMigration<M>[];
    }
  /** The database has migrations after the last that both know. `pending` are the bundle's own after that point. */
  | {
      readonly kind: 'ahead';
      readonly unknown: readonly UnknownMigration[];
      readonly pending: readonly string[];
    }
  /** A file was edited after it was applied. */
  | {
      readonly kind: 'diverged';
      readonly edited: readonly {
        readonly tag: string;
        readonly applied: string;
        readonly shipped: string;
        /** The statement that was changed, of a migration that is half-way: those before it are done. */
        readonly statement?: number;
      }[];
    }
  /** The bundle lacks an entry: an index in its numbering, or a migration that is applied. */
  | {
      readonly kind: 'gap';
      readonly missingIndexes: readonly number[];
      readonly missing: readonly UnknownMigration[];
    }
  /** Two entries of the bundle have the same tag or index. */
  | { readonly kind: 'duplicate'; readonly tags: readonly string[] };

/**
 * Compares a bundle with what is applied. Hashes are compared as a set first, order is reported after that: an entry
 * that a branch brought in is pending, wherever it stands.
 */
export function plan<M extends ReplicaMigration>(
  bundle: { readonly migrations: readonly M[] },
  applied: AppliedState,
): Plan<M> {
  const duplicates = findDuplicates(bundle.migrations);
  if (duplicates.length > 0) return { kind: 'duplicate', tags: duplicates };
  const missingIndexes = findMissingIndexes(bundle.migrations);
  if (missingIndexes.length > 0) return { kind: 'gap', missingIndexes, missing: [] };

  const match = matchHistories(bundle.migrations, applied);
  if (match.edited.length > 0) return { kind: 'diverged', edited: match.edited };
  const pending = listPending(bundle.migrations, match.applied);
  if (match.unknown.length > 0) return describeUnknown(match, pending);
  const { takeOver, restamp } = match;
  return pending.length === 0
    ? { kind: 'up-to-date', takeOver, restamp }
    : { kind: 'pending', takeOver, restamp, pending };
}

interface Edited {
  readonly tag: string;
  readonly applied: string;
  readonly shipped: string;
  readonly statement?: number;
}

/** `isLost`: the database has a later one that the bundle has as well. */
interface Unknown {
  readonly entry: UnknownMigration;
  readonly isLost: boolean;
}

interface Match<M extends ReplicaMigration> {
  /** The bundle's entries that are applied or begun, with our row; null for Drizzle's. */
  readonly applied: ReadonlyMap<M, AppliedMigration | null>;
  readonly takeOver: readonly M[];
  readonly restamp: readonly Restamp<M>[];
  readonly edited: readonly Edited[];
  readonly unknown: readonly Unknown[];
}

function matchHistories<M extends ReplicaMigration>(shipped: readonly M[], state: AppliedState): Match<M> {
  const free = new Set(shipped);
  const take = (test: (entry: M) => boolean): M | null => {
    for (const entry of free) {
      if (!test(entry)) continue;
      free.delete(entry);
      return entry;
    }
    return null;
  };
  const ours = matchRows(state.migrations, take, [
    // Files with equal texts have equal hashes, so the name decides first where both fit.
    (row, entry) => entry.hash === row.hash && entry.tag === row.tag,
    (row, entry) => entry.hash === row.hash,
  ]);
  const drizzles = matchRows(state.drizzleOnly, take, [
    (row, entry) => entry.hash === row.hash && entry.when === row.createdAt,
    (row, entry) => entry.hash === row.hash,
  ]);
  const edited: Edited[] = [];
  const corrected: { readonly row: AppliedMigration; readonly entry: M }[] = [];
  const unknown: Unknown[] = [];
  const newestIndex = Math.max(-1, ...ours.pairs.map(({ row }) => row.index));
  const newestWhen = Math.max(-1, ...[...ours.pairs, ...drizzles.pairs].map(({ entry }) => entry.when));
  for (const row of ours.left) {
    const entry = take((candidate) => candidate.tag === row.tag);
    if (entry === null) {
      unknown.push({ entry: nameUnknown(row), isLost: row.index < newestIndex });
      continue;
    }
    const statement = findChangedStatement(row, entry);
    if (row.begun !== undefined && statement === null) corrected.push({ row, entry });
    else if (statement !== null) {
      edited.push({ tag: row.tag, applied: row.hash, shipped: entry.hash, statement });
    } else edited.push({ tag: row.tag, applied: row.hash, shipped: entry.hash });
  }
  for (const row of drizzles.left) {
    const entry = take((candidate) => candidate.when === row.createdAt);
    if (entry === null) unknown.push({ entry: nameDrizzles(row), isLost: row.createdAt < newestWhen });
    else edited.push({ tag: entry.tag, applied: row.hash, shipped: entry.hash });
  }
  const takeOver = new Set(drizzles.pairs.map(({ entry }) => entry));
  return {
    applied: new Map([
      ...[...ours.pairs, ...corrected].map(({ row, entry }) => [entry, row] as const),
      ...drizzles.pairs.map(({ entry }) => [entry, null] as const),
    ]),
    takeOver: shipped.filter((entry) => takeOver.has(entry)),
    restamp: ours.pairs
      .filter(({ row, entry }) => !isStampedAs(row, entry))
      .map(({ row, entry }) => ({ storedTag: row.tag, migration: entry })),
    edited,
    unknown,
  };
}

/** Pairs rows with entries, by the first rule for all rows, then by the next for those that are left. */
function matchRows<Row, M>(
  rows: readonly Row[],
  take: (test: (entry: M) => boolean) => M | null,
  rules: readonly ((row: Row, entry: M) => boolean)[],
): { readonly pairs: readonly { readonly row: Row; readonly entry: M }[]; readonly left: readonly Row[] } {
  const pairs: { row: Row; entry: M }[] = [];
  let left = rows;
  for (const rule of rules) {
    left = left.filter((row) => {
      const entry = take((candidate) => rule(row, candidate));
      if (entry !== null) pairs.push({ row, entry });
      return entry === null;
    });
  }
  return { pairs, left };
}

function isStampedAs(row: AppliedMigration, entry: ReplicaMigration): boolean {
  return (
    row.tag === entry.tag && row.index === entry.index && row.chain === entry.chain && row.when === entry.when
  );
}

/**
 * A migration that failed half-way may be corrected behind the statements that were run: the first of those that is
 * another one now, from 1, or null. One that was begun counts as run, since nobody can tell.
 */
function findChangedStatement(row: AppliedMigration, entry: ReplicaMigration): number | null {
  if (row.begun === undefined) return null;
  const shipped = statementsFor(entry, row.target);
  const run = Math.max(row.step ?? 0, row.begun.attempt?.statement ?? 0);
  const changed = row.begun.statements
    .slice(0, run)
    .findIndex((statement, index) => statement !== shipped[index]?.sql);
  return changed === -1 ? null : changed + 1;
}

function nameUnknown({ tag, index, hash }: AppliedMigration): UnknownMigration {
  return { kind: 'named', tag, index, hash };
}

function nameDrizzles({ createdAt, hash }: DrizzleRow): UnknownMigration {
  return { kind: 'unnamed', when: createdAt, hash };
}

function listPending<M extends ReplicaMigration>(
  shipped: readonly M[],
  applied: ReadonlyMap<M, AppliedMigration | null>,
): PendingMigration<M>[] {
  const isApplied = (entry: M) => applied.has(entry) && (applied.get(entry)?.step ?? null) === null;
  const newest = shipped.findLastIndex(isApplied);
  return shipped.flatMap((migration, position) => {
    if (isApplied(migration)) return [];
    const row = applied.get(migration) ?? null;
    return [
      {
        migration,
        isOutOfOrder: position < newest,
        step: row?.step ?? 0,
        isBegun: row !== null,
        attempt: row?.begun?.attempt ?? null,
      },
    ];
  });
}

/** Unknown entries that are all newer than what both have: the database is ahead. An older one: the bundle lost it. */
function describeUnknown<M extends ReplicaMigration>(
  match: Match<M>,
  pending: readonly PendingMigration<M>[],
): Plan<M> {
  const missing = match.unknown.filter(({ isLost }) => isLost).map(({ entry }) => entry);
  if (missing.length > 0) return { kind: 'gap', missingIndexes: [], missing };
  return {
    kind: 'ahead',
    unknown: match.unknown.map(({ entry }) => entry),
    pending: pending.map(({ migration }) => migration.tag),
  };
}

function findDuplicates(shipped: readonly ReplicaMigration[]): string[] {
  const tags = new Map<string, number>();
  const indexes = new Map<number, number>();
  for (const { tag, index } of shipped) {
    tags.set(tag, (tags.get(tag) ?? 0) + 1);
    indexes.set(index, (indexes.get(index) ?? 0) + 1);
  }
  return shipped
    .filter(({ tag, index }) => (tags.get(tag) ?? 0) > 1 || (indexes.get(index) ?? 0) > 1)
    .map(({ tag }) => tag);
}

function findMissingIndexes(shipped: readonly ReplicaMigration[]): number[] {
  const present = new Set(shipped.map((entry) => entry.index));
  const last = Math.max(-1, ...present);
  return Array.from({ length: last + 1 }, (_, index) => index).filter((index) => !present.has(index));
}
