import { LockstepError, type MigrationBundle } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { plan } from '../../run/plan.ts';
import { readApplied } from '../../run/tracking.ts';
import { describeObstacle } from '../rollback/rollback-error.ts';
import { readStoredEntries } from '../rollback/stored-entries.ts';
import { type BranchState, describeBranchState } from './branch-state.ts';

/** Looks at a database that a run was refused on. Null where other branches have nothing to do with it. Reads only. */
export async function readBranchState(
  executor: Executor,
  bundle: MigrationBundle,
): Promise<BranchState | null> {
  const found = plan(bundle, await readApplied(executor));
  return describeBranchState(found, await readStoredEntries(executor), bundle);
}

/** How the two ways out are called, where somebody can take them. */
export interface BranchCommands {
  /** `pnpm db:rollback --to 0003_x`; the tag, or `none`. */
  readonly rollback: (to: string) => string;
  readonly rebuild: string;
}

/** The same refusal in a developer's words: whose migrations the database has, and the two ways out. */
export function branchError(state: BranchState, commands: BranchCommands): LockstepError {
  const { kind, foreign, to, undone } = state;
  const names = foreign.map(({ tag, appliedAt, isEdited }) => {
    const since = new Date(appliedAt).toISOString().slice(0, 16).replace('T', ' ');
    return `${tag} (applied ${since}Z${isEdited ? ', edited since' : ''})`;
  });
  const rebuild = `build the database anew: \`${commands.rebuild}\``;
  const back = `undo ${undone?.join(', ')}: \`${commands.rollback(to ?? 'none')}\``;
  return new LockstepError(kind === 'diverged' ? 'MIGRATION_EDITED' : 'MIGRATION_AHEAD', {
    message: `The database has migrations of another branch: ${names.join(', ')}.`,
    remedy:
      undone === null
        ? `They can't be undone (${state.obstacles.map(describeObstacle).join(' ')}), so ${rebuild}. Or switch back.`
        : `Either ${back}. Or ${rebuild}. Or switch back.`,
    details: { state },
  });
}
