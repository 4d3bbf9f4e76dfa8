import type { MigrationBundle } from '@lockstep/protocol';
import type { Plan } from '../../run/plan.ts';
import { planRollback, type RollbackObstacle } from '../rollback/plan-rollback.ts';
import type { StoredEntry } from '../rollback/stored-entries.ts';

/** A migration that the database has and the files at hand have not, or not so. */
export interface BranchMigration {
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  /** Its file is there, and says something else. */
  readonly isEdited: boolean;
}

/** A database that another branch migrated. */
export interface BranchState {
  readonly kind: 'ahead' | 'diverged';
  /** What is not of these files, oldest first. */
  readonly foreign: readonly BranchMigration[];
  /** The newest migration before them, to which to go back; null: to none. */
  readonly to: string | null;
  /** What going back undoes, newest first: `foreign`, and what was applied behind them. Null where it can't be done. */
  readonly undone: readonly string[] | null;
  /** Why it can't be. */
  readonly obstacles: readonly RollbackObstacle[];
}

/**
 * What to make of a database that doesn't fit the files, after a switch of branches: whose migrations those are, and
 * whether their downs lead back to where both branches were one. Null where the plan has no such reason to be refused.
 */
export function describeBranchState(
  found: Plan,
  entries: readonly StoredEntry[],
  bundle: MigrationBundle,
): BranchState | null {
  const edited = found.kind === 'diverged' ? found.edited.map(({ tag }) => tag) : [];
  const unknown = found.kind === 'ahead' ? found.unknown : found.kind === 'gap' ? found.missing : [];
  const hashes = new Set([
    ...unknown.map(({ hash }) => hash),
    ...(found.kind === 'diverged' ? found.edited.map(({ applied }) => applied) : []),
  ]);
  const shipped = new Set(bundle.migrations.map(({ hash }) => hash));
  // Files of a branch may be edited and missing at once; the plan names the one kind only.
  const foreign = entries.filter(({ hash }) => hashes.size > 0 && !shipped.has(hash));
  const [first] = foreign;
  if (first === undefined) return null;
  const to = entries[entries.indexOf(first) - 1]?.tag ?? null;
  const way = planRollback({ entries, to, bundle, drizzleOnly: 0 });
  return {
    kind: found.kind === 'diverged' ? 'diverged' : 'ahead',
    foreign: foreign.map(({ tag, appliedAt }) => ({ tag, appliedAt, isEdited: edited.includes(tag) })),
    to,
    undone: way.kind === 'undo' ? way.migrations.map(({ migration }) => migration.tag) : null,
    obstacles: way.kind === 'impossible' ? way.obstacles : [],
  };
}
