import type { Down, Migration, MigrationBundle, MigrationProgram } from '@lockstep/protocol';
import { sha256 } from '../../run/sha256.ts';
import type { StoredEntry } from './stored-entries.ts';

/** A migration that is to be undone, and how. */
export interface UndoneMigration {
  readonly migration: Migration;
  /** Its SQL, or the program whose `down` does it. */
  readonly down: Down | MigrationProgram;
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
}

/** Why a migration can't be undone. */
export type RollbackObstacle =
  | { readonly kind: 'unknown-target'; readonly tag: string }
  | { readonly kind: 'no-down'; readonly tag: string }
  /** A TypeScript migration, and its module is not in the bundle at hand. */
  | { readonly kind: 'no-program'; readonly tag: string }
  /** Its file had statements that ran one by one, and not all of them did. */
  | { readonly kind: 'unfinished'; readonly tag: string }
  /** The stored entry isn't that of the tracking row, or of the migrations before it. */
  | { readonly kind: 'altered'; readonly tag: string }
  /** `later` was applied after it though it comes before it: its down was made for another order. */
  | { readonly kind: 'out-of-order'; readonly tag: string; readonly later: string }
  /** Rows of Drizzle's own migrator that our table doesn't know. */
  | { readonly kind: 'drizzles-own'; readonly tag: string };

export type RollbackPlan =
  | { readonly kind: 'nothing' }
  /** Newest first. */
  | { readonly kind: 'undo'; readonly migrations: readonly UndoneMigration[] }
  | { readonly kind: 'impossible'; readonly obstacles: readonly RollbackObstacle[] };

export interface RollbackQuestion {
  /** In the order of the history. */
  readonly entries: readonly StoredEntry[];
  /** The newest migration that stays; null: all are undone. */
  readonly to: string | null;
  /** A down that was written after its migration had been applied is found here. */
  readonly bundle?: MigrationBundle;
  /** How many migrations only Drizzle's table knows. */
  readonly drizzleOnly: number;
}

/** Which migrations are undone to come back to `to`, newest first, or why that can't be. */
export function planRollback(question: RollbackQuestion): RollbackPlan {
  const { entries, to, drizzleOnly } = question;
  const target = entries.findIndex(({ tag, isUnfinished }) => tag === to && !isUnfinished);
  if (to !== null && target === -1) return impossible([{ kind: 'unknown-target', tag: to }]);
  if (drizzleOnly > 0) return impossible([{ kind: 'drizzles-own', tag: to ?? '' }]);
  const undone = entries.slice(target + 1).toReversed();
  if (undone.length === 0) return { kind: 'nothing' };
  const altered = findAltered(question);
  const obstacles = undone.flatMap((entry) => findObstacle(entry, question, altered));
  if (obstacles.length > 0) return impossible(obstacles);
  return {
    kind: 'undo',
    migrations: undone.flatMap((entry) => {
      const migration = entry.migration;
      const down = migration === null ? null : downOf(migration, question.bundle);
      return migration === null || down === null ? [] : [{ migration, down, appliedAt: entry.appliedAt }];
    }),
  };
}

function impossible(obstacles: readonly RollbackObstacle[]): RollbackPlan {
  return { kind: 'impossible', obstacles };
}

function findObstacle(
  entry: StoredEntry,
  { entries, bundle }: RollbackQuestion,
  altered: ReadonlySet<StoredEntry>,
): RollbackObstacle[] {
  const { tag, migration } = entry;
  if (entry.isUnfinished) return [{ kind: 'unfinished', tag }];
  if (migration === null || altered.has(entry)) return [{ kind: 'altered', tag }];
  const later = entries.find(
    (other) => other.position > entry.position && entries.indexOf(other) < entries.indexOf(entry),
  );
  if (later !== undefined) return [{ kind: 'out-of-order', tag, later: later.tag }];
  if (downOf(migration, bundle) !== null) return [];
  const isWithoutModule = migration.program !== null && bundle?.programs?.[tag] === undefined;
  return [{ kind: isWithoutModule ? 'no-program' : 'no-down', tag }];
}

/** The one of the same history that is at hand wins: it may have been written, or corrected, since. */
function downOf(migration: Migration, bundle: MigrationBundle | undefined): Down | MigrationProgram | null {
  const { hash, chain } = migration;
  const shipped = bundle?.migrations.find((entry) => entry.hash === hash && entry.chain === chain);
  const program = shipped === undefined ? undefined : bundle?.programs?.[shipped.tag];
  return shipped?.down ?? migration.down ?? (program?.down === undefined ? null : program);
}

/** What its SQL loses; a program keeps what it needs by itself. */
export function lossOf({ down }: UndoneMigration): Down['lossy'] {
  return 'lossy' in down ? down.lossy : [];
}

/** A chain is the sha256 of the one before and the hash, so whatever was altered shows. */
function findAltered({ entries }: RollbackQuestion): ReadonlySet<StoredEntry> {
  const altered = new Set<StoredEntry>();
  let chain = '';
  for (const entry of entries) {
    const { migration, hash, tag } = entry;
    const expected = sha256(chain + hash);
    const isWhole = migration !== null && migration.tag === tag && migration.hash === hash;
    if (!isWhole || migration.chain !== entry.chain || entry.chain !== expected) altered.add(entry);
    chain = entry.chain;
  }
  return altered;
}
