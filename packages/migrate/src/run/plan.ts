import type { ReplicaMigration } from '@lockstep/protocol';
import type { AppliedMigration, AppliedState, DrizzleRow } from './applied.ts';

/** A migration that is to be applied. */
export interface PendingMigration<M extends ReplicaMigration = ReplicaMigration> {
  readonly migration: M;
  /** Older than the newest applied one: it came in from a branch. Applied all the same, and reported. */
  readonly isOutOfOrder: boolean;
  /** How many of its statements an interrupted run has done already. */
  readonly step: number;
}

/** An applied migration that the bundle doesn't have. */
export type UnknownMigration =
  | { readonly kind: 'named'; readonly tag: string; readonly index: number; readonly hash: string }
  /** A row of Drizzle's table: only hash and time are known. */
  | { readonly kind: 'unnamed'; readonly when: number; readonly hash: string };

/** What has to happen for the database to be where the bundle is, or why that can't be. */
export type Plan<M extends ReplicaMigration = ReplicaMigration> =
  | { readonly kind: 'up-to-date'; readonly takeOver: readonly M[] }
  | {
      readonly kind: 'pending';
      /** Applied by Drizzle's own migrator: our table is to learn of them. */
      readonly takeOver: readonly M[];
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
  if (pending.length === 0) return { kind: 'up-to-date', takeOver: match.takeOver };
  return { kind: 'pending', takeOver: match.takeOver, pending };
}

interface Edited {
  readonly tag: string;
  readonly applied: string;
  readonly shipped: string;
}

interface Match<M> {
  /** The bundle's entries that are applied, with the steps done: null for whole. */
  readonly applied: ReadonlyMap<M, number | null>;
  readonly takeOver: readonly M[];
  readonly edited: readonly Edited[];
  readonly unknown: readonly (UnknownMigration & { readonly when: number })[];
}

function matchHistories<M extends ReplicaMigration>(shipped: readonly M[], state: AppliedState): Match<M> {
  const free = new Set(shipped);
  const applied = new Map<M, number | null>();
  const take = (entry: M | undefined, step: number | null): M | null => {
    if (entry === undefined) return null;
    free.delete(entry);
    applied.set(entry, step);
    return entry;
  };
  const find = (test: (entry: M) => boolean): M | undefined => [...free].find(test);

  // Files with equal texts have equal hashes, so names decide first where both fit.
  const byName = (row: AppliedMigration) => find((entry) => entry.hash === row.hash && entry.tag === row.tag);
  const byHash = (row: { hash: string }) => find((entry) => entry.hash === row.hash);
  const renamed = state.migrations.filter((row) => take(byName(row), row.step) === null);
  const unmatched = renamed.filter((row) => take(byHash(row), row.step) === null);
  const takeOver: M[] = [];
  const byTime = (row: DrizzleRow) =>
    find((entry) => entry.hash === row.hash && entry.when === row.createdAt) ?? byHash(row);
  const unmatchedDrizzle = state.drizzleOnly.filter((row) => {
    const entry = take(byTime(row), null);
    if (entry !== null) takeOver.push(entry);
    return entry === null;
  });

  const edited: Edited[] = [];
  const unknown: (UnknownMigration & { readonly when: number })[] = [];
  for (const row of unmatched) {
    const entry = find((candidate) => candidate.tag === row.tag);
    if (entry === undefined) unknown.push(nameUnknown(row));
    else edited.push({ tag: row.tag, applied: row.hash, shipped: entry.hash });
  }
  for (const row of unmatchedDrizzle) {
    const entry = find((candidate) => candidate.when === row.createdAt);
    if (entry === undefined) unknown.push({ kind: 'unnamed', when: row.createdAt, hash: row.hash });
    else edited.push({ tag: entry.tag, applied: row.hash, shipped: entry.hash });
  }
  return { applied, takeOver: shipped.filter((entry) => takeOver.includes(entry)), edited, unknown };
}

function nameUnknown(row: AppliedMigration): UnknownMigration & { readonly when: number } {
  return { kind: 'named', tag: row.tag, index: row.index, when: row.when, hash: row.hash };
}

function listPending<M extends ReplicaMigration>(
  shipped: readonly M[],
  applied: ReadonlyMap<M, number | null>,
): PendingMigration<M>[] {
  const newest = shipped.findLastIndex((entry) => applied.get(entry) === null);
  return shipped.flatMap((migration, position) => {
    const step = applied.get(migration);
    if (step === null) return [];
    return [{ migration, isOutOfOrder: position < newest, step: step ?? 0 }];
  });
}

/** Unknown entries that are all newer than what both have: the database is ahead. An older one: the bundle lost it. */
function describeUnknown<M extends ReplicaMigration>(
  match: Match<M>,
  pending: readonly PendingMigration<M>[],
): Plan<M> {
  const newestCommon = Math.max(-1, ...[...match.applied.keys()].map((entry) => entry.when));
  const lost = match.unknown.filter((entry) => entry.when < newestCommon);
  if (lost.length > 0) return { kind: 'gap', missingIndexes: [], missing: lost };
  return {
    kind: 'ahead',
    unknown: match.unknown,
    pending: pending.map(({ migration }) => migration.tag),
  };
}

function findDuplicates(shipped: readonly ReplicaMigration[]): string[] {
  return shipped
    .filter((entry) =>
      shipped.some((other) => other !== entry && (other.tag === entry.tag || other.index === entry.index)),
    )
    .map((entry) => entry.tag);
}

function findMissingIndexes(shipped: readonly ReplicaMigration[]): number[] {
  const present = new Set(shipped.map((entry) => entry.index));
  const last = Math.max(-1, ...present);
  return Array.from({ length: last + 1 }, (_, index) => index).filter((index) => !present.has(index));
}
