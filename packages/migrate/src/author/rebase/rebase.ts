import { isLockstepError, LockstepError } from '@lockstep/protocol';
import { loadParser } from '../../sql/parser.ts';
import { loadDrizzleKit } from '../generate/drizzle-kit.ts';
import type { RebaseConflict } from './conflict.ts';
import { type Git, openGit } from './git.ts';
import { readHistory, type SideHistory, type SideMigration } from './history.ts';
import { listMine, planRebase, type RebasedMigration } from './plan-rebase.ts';
import { restoreBundle } from './restore-bundle.ts';
import { findSides, type Sides } from './sides.ts';
import { writeRebase } from './write-rebase.ts';

export interface RebaseOptions {
  /** drizzle-kit's output folder, in a git working tree. */
  readonly folder: string;
  /** The branch or commit whose migrations come first: in an unfinished merge the other side, otherwise main. */
  readonly onto?: string | null;
  /** Where the bundle is committed: its files are made main's, so that it can be compiled anew. */
  readonly bundleFolder?: string | null;
}

export type RebaseResult =
  /** Mine come after main's already, or there are none. */
  | { readonly kind: 'nothing'; readonly mine: readonly string[] }
  /** Nothing was written. */
  | { readonly kind: 'conflicts'; readonly conflicts: readonly RebaseConflict[] }
  | {
      readonly kind: 'rebased';
      readonly migrations: readonly {
        readonly from: string;
        readonly to: string;
        /** `regenerated` has another hash: a database that has it must roll it back, or be built anew. */
        readonly text: RebasedMigration['text'];
      }[];
      readonly superfluous: readonly string[];
      /** Tags that are main's. */
      readonly main: readonly string[];
      /** Paths below the folder. */
      readonly written: readonly string[];
      readonly removed: readonly string[];
    };

/**
 * After `git merge main` or during `git rebase main`: puts my unmerged migrations behind main's, in the working tree.
 * Numbers, times, snapshots and names are made anew; SQL stays byte for byte where it still fits, and hand-written
 * statements always. Works with conflict marks in the journal, for both sides are read from git.
 * Raises REBASE_IMPOSSIBLE, SNAPSHOT_INVALID, JOURNAL_INVALID, MIGRATION_FILE_MISSING, CONFIG_INVALID.
 */
export async function rebase(options: RebaseOptions): Promise<RebaseResult> {
  const { folder, onto = null, bundleFolder = null } = options;
  const git = await openGit(folder);
  const sides = await findSides(git, folder, onto);
  const main = await readHistory(sides.main);
  const { mine, own } = await chooseMine(main, sides);
  if (own.length === 0 || (await isBehind(main, mine, own))) {
    return { kind: 'nothing', mine: own.map(({ tag }) => tag) };
  }
  const tools = { parser: await loadParser(), kit: await loadDrizzleKit(folder) };
  const plan = await planRebase(main, mine, tools);
  if (plan.kind === 'conflicts') return plan;
  const unmerged = await listUnmerged(git, folder);
  const change = await writeRebase({ folder, main, mine, own, rebased: plan.migrations, unmerged });
  if (bundleFolder !== null) await restoreBundle(git, sides.mainCommit, bundleFolder);
  return {
    kind: 'rebased',
    migrations: plan.migrations.map(({ from, tag, text }) => ({ from: from.tag, to: tag, text })),
    superfluous: plan.superfluous,
    main: main.migrations.map(({ tag }) => tag),
    ...change,
  };
}

/** The first side with a sound journal that lists something which main doesn't have. */
async function chooseMine(
  main: SideHistory,
  sides: Sides,
): Promise<{ readonly mine: SideHistory; readonly own: readonly SideMigration[] }> {
  let found: { mine: SideHistory; own: readonly SideMigration[] } | null = null;
  let failure: LockstepError | null = null;
  for (const side of sides.mine) {
    try {
      const mine = await readHistory(side);
      const own = listMine(main, mine);
      // What can't be put elsewhere from here may be whole on the next side.
      for (const { index } of own) await mine.snapshotBefore(index);
      if (own.length > 0) return { mine, own };
      found ??= { mine, own };
    } catch (error) {
      // A merge that was resolved wrongly: the branch before it knows better.
      if (!isLockstepError(error)) throw error;
      failure ??= error;
    }
  }
  if (failure !== null) throw failure;
  if (found !== null) return found;
  throw new LockstepError('REBASE_IMPOSSIBLE', {
    message: 'No side with migrations of its own was found.',
    remedy: 'Run it in the branch whose migrations are to come after main’s.',
  });
}

/** All of main's first, then mine, numbered, timed and chained as they should be: nothing to do. */
async function isBehind(
  main: SideHistory,
  mine: SideHistory,
  own: readonly SideMigration[],
): Promise<boolean> {
  const first = main.migrations.length;
  if (mine.migrations.length !== first + own.length) return false;
  if (main.migrations.some(({ tag }, index) => mine.migrations[index]?.tag !== tag)) return false;
  for (const { index, when } of own) {
    const before = mine.migrations[index - 1];
    if (before !== undefined && before.when >= when) return false;
    try {
      const [last, next] = [await mine.snapshot(index - 1), await mine.snapshot(index)];
      if (next.prevId !== last.id) return false;
    } catch {
      return false;
    }
  }
  return true;
}

async function listUnmerged(git: Git, folder: string): Promise<ReadonlySet<string>> {
  const path = await git.pathOf(folder);
  return new Set((await git.listUnmerged(path)).map((file) => file.slice(path.length + 1)));
}
