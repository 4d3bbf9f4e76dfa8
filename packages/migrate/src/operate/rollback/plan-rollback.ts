import type { Down, Migration, MigrationBundle } from '@lockstep/protocol';
import type { StoredEntry } from './stored-entries.ts';

/** A migration that is to be undone, and how. */
export interface UndoneMigration {
  readonly migration: Migration;
  readonly down: Down;
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
}

/** Why a migration can't be undone. */
export type RollbackObstacle =
  | { readonly kind: 'unknown-target'; readonly tag: string }
  | { readonly kind: 'no-down'; readonly tag: string }
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
  /** sha256, hex. */
  readonly sha256: (text: string) => string | Promise<string>;
}

/** Which migrations are undone to come back to `to`, newest first, or why that can't be. */
export async function planRollback(question: RollbackQuestion): Promise<RollbackPlan> {
  const { entries, to, drizzleOnly } = question;
  const target = entries.findIndex(({ tag, isUnfinished }) => tag === to && !isUnfinished);
  if (to !== null && target === -1) return impossible([{ kind: 'unknown-target', tag: to }]);
  if (drizzleOnly > 0) return impossible([{ kind: 'drizzles-own', tag: to ?? '' }]);
  const undone = entries.slice(target + 1).toReversed();
  if (undone.length === 0) return { kind: 'nothing' };
  const altered = await findAltered(question);
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
  return downOf(migration, bundle) === null ? [{ kind: 'no-down', tag }] : [];
}

/** The one of the same history that is at hand wins: it may have been written, or corrected, since. */
function downOf(migration: Migration, bundle: MigrationBundle | undefined): Down | null {
  const shipped = bundle?.migrations.find(
    ({ hash, chain }) => hash === migration.hash && chain === migration.chain,
  );
  return shipped?.down ?? migration.down;
}

/** A chain is the sha256 of the one before and the hash, so whatever was altered shows. */
async function findAltered({ entries, sha256 }: RollbackQuestion): Promise<ReadonlySet<StoredEntry>> {
  const altered = new Set<StoredEntry>();
  let chain = '';
  for (const entry of entries) {
    const { migration, hash, tag } = entry;
    const expected = await sha256(chain + hash);
    const isWhole = migration !== null && migration.tag === tag && migration.hash === hash;
    if (!isWhole || migration.chain !== entry.chain || entry.chain !== expected) altered.add(entry);
    chain = entry.chain;
  }
  return altered;
}
