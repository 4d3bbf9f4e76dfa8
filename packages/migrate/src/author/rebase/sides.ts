import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import type { Git } from './git.ts';

/** One version of the migrations folder. Paths are below the folder. */
export interface Side {
  /** For messages: `main`, `HEAD`. */
  readonly name: string;
  read(path: string): Promise<string | null>;
  list(): Promise<readonly string[]>;
}

/** Whose migrations come first, and whose are put after them. */
export interface Sides {
  readonly main: Side;
  /** Tried in this order: the first with a journal that makes sense and lists something of its own is mine. */
  readonly mine: readonly Side[];
  /** The commit of `main`. */
  readonly mainCommit: string;
}

const REMOTE_MAINS = ['origin/HEAD', 'origin/main', 'origin/master'];
const MAIN_REFS = [...REMOTE_MAINS, 'main', 'master'];
const MAIN_BRANCHES = new Set(['main', 'master']);

/**
 * Finds out what is being brought together: an unfinished merge, rebase or stash, or a branch into which main was
 * merged already. Raises REBASE_IMPOSSIBLE where main is not part of the branch yet, or nobody knows what main is.
 */
export async function findSides(git: Git, folder: string, onto: string | null): Promise<Sides> {
  if (onto !== null && (await git.commit(onto)) === null) throw unknownMain(onto);
  const path = await git.pathOf(folder);
  const sideOf = (ref: string, name = ref) => refSide(git, path, ref, name);
  const commitOf = async (ref: string) => (await git.commit(ref)) ?? '';

  if ((await git.hasState('rebase-merge')) || (await git.hasState('rebase-apply'))) {
    // Everything below HEAD is settled: main's, and those of my commits that were brought after it before.
    return { main: sideOf('HEAD'), mine: [sideOf('REBASE_HEAD')], mainCommit: await commitOf('HEAD') };
  }
  if ((await git.commit('CHERRY_PICK_HEAD')) !== null) {
    return { main: sideOf('HEAD'), mine: [sideOf('CHERRY_PICK_HEAD')], mainCommit: await commitOf('HEAD') };
  }
  if ((await git.commit('MERGE_HEAD')) !== null) {
    const isOnMain = await isMergeIntoMain(git, onto);
    const [main, mine] = isOnMain ? ['HEAD', 'MERGE_HEAD'] : ['MERGE_HEAD', 'HEAD'];
    return { main: sideOf(main), mine: [sideOf(mine)], mainCommit: await commitOf(main) };
  }
  const unmerged = await git.listUnmerged(path);
  if (unmerged.length > 0) {
    // A stash that was popped on top of main: the index has its side as stage 3, and nothing else names it.
    return {
      main: sideOf('HEAD'),
      mine: [stageSide(git, path, folder, unmerged)],
      mainCommit: await commitOf('HEAD'),
    };
  }
  return findMerged(git, sideOf, onto);
}

async function findMerged(
  git: Git,
  sideOf: (ref: string, name?: string) => Side,
  onto: string | null,
): Promise<Sides> {
  const ref = await findMain(git, onto);
  const mainCommit = (await git.commit(ref)) ?? '';
  if (!(await git.isAncestor(mainCommit, 'HEAD'))) {
    throw new LockstepError('REBASE_IMPOSSIBLE', {
      message: `${ref} has commits that this branch does not have yet.`,
      remedy: `Bring them in first, \`git merge ${ref}\` or \`git rebase ${ref}\`, and run this again, in the middle of its conflicts or after.`,
    });
  }
  const merges = await git.mergesSince(ref);
  const before = merges.map((merge) => sideOf(`${merge}^1`, `the branch before merge ${merge.slice(0, 7)}`));
  return { main: sideOf(ref), mine: [sideOf('HEAD'), ...before, sideOf('ORIG_HEAD')], mainCommit };
}

async function findMain(git: Git, onto: string | null): Promise<string> {
  for (const ref of onto === null ? MAIN_REFS : [onto]) {
    if ((await git.commit(ref)) !== null) return git.nameOf(ref);
  }
  throw unknownMain(onto);
}

function unknownMain(onto: string | null): LockstepError {
  return new LockstepError('REBASE_IMPOSSIBLE', {
    message:
      onto === null
        ? 'There is no branch called main or master here.'
        : `There is no branch or commit ${onto}.`,
    remedy: 'Name the branch whose migrations come first: `--onto origin/develop`.',
  });
}

/** Whether somebody merges a branch into main, instead of main into a branch. */
async function isMergeIntoMain(git: Git, onto: string | null): Promise<boolean> {
  const isPartOf = async (commit: string, ref: string) =>
    (await git.commit(ref)) !== null && (await git.isAncestor(commit, ref));
  if (onto !== null) return !(await isPartOf('MERGE_HEAD', onto)) && isPartOf(onto, 'HEAD');
  // A local main that is behind, with commits of one's own, is a branch like any other.
  for (const ref of REMOTE_MAINS) if (await isPartOf('MERGE_HEAD', ref)) return false;
  return MAIN_BRANCHES.has((await git.branch()) ?? '');
}

function refSide(git: Git, path: string, ref: string, name: string): Side {
  return {
    name,
    read: (file) => git.read(ref, `${path}/${file}`),
    list: async () => ((await git.commit(ref)) === null ? [] : below(path, await git.list(ref, path))),
  };
}

function stageSide(git: Git, path: string, folder: string, unmerged: readonly string[]): Side {
  const conflicted = new Set(below(path, unmerged));
  return {
    name: 'the stash',
    read: (file) =>
      conflicted.has(file)
        ? git.read(':3', `${path}/${file}`)
        : readFile(join(folder, file), 'utf8').catch(() => null),
    list: async () => [...conflicted, ...below(path, await listWorkingTree(folder, path))],
  };
}

async function listWorkingTree(folder: string, path: string): Promise<readonly string[]> {
  const { readdir } = await import('node:fs/promises');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(
      (entry) =>
        `${path}/${join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/')}`,
    );
}

function below(path: string, files: readonly string[]): readonly string[] {
  return files.map((file) => file.slice(path.length + 1));
}
