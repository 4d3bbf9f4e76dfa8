import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { LockstepError } from '@lockstep/protocol';

/** The git repository of a folder, for reading only. */
export interface Git {
  /** The commit that a name stands for, or null. */
  commit(ref: string): Promise<string | null>;
  /** `origin/main` of `origin/HEAD`; the name itself otherwise. */
  nameOf(ref: string): Promise<string>;
  /** A file as a commit (`HEAD`) or the index (`:3`) has it, or null. Paths are below the working tree's root. */
  read(ref: string, path: string): Promise<string | null>;
  /** The files that a commit has below a path. */
  list(ref: string, path: string): Promise<readonly string[]>;
  /** The files below a path that an unfinished merge left without a decision. */
  listUnmerged(path: string): Promise<readonly string[]>;
  isAncestor(ancestor: string, commit: string): Promise<boolean>;
  mergeBase(one: string, other: string): Promise<string | null>;
  /** The merges that brought something into the branch since it left `from`, oldest first. */
  mergesSince(from: string): Promise<readonly string[]>;
  /** Whether a file or folder of git's own is there, e.g. `rebase-merge`. */
  hasState(name: string): Promise<boolean>;
  /** The branch that is checked out, or null. */
  branch(): Promise<string | null>;
  /** A file's or folder's path below the working tree's root, with slashes. */
  pathOf(file: string): Promise<string>;
}

const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
const execFileAsync = promisify(execFile);

/** Raises CONFIG_INVALID where `folder` is in no repository, or git isn't installed. */
export async function openGit(folder: string): Promise<Git> {
  const call = async (args: readonly string[], cwd: string) => {
    const { stdout } = await execFileAsync('git', [...args], { cwd, maxBuffer: OUTPUT_BYTES_MAX });
    return stdout;
  };
  const root = (
    await call(['rev-parse', '--show-toplevel'], folder).catch((cause: unknown) => {
      throw new LockstepError('CONFIG_INVALID', {
        message: `${folder} is in no git repository, or git is not installed.`,
        remedy: 'Run it in the working tree of the checkout.',
        cause,
      });
    })
  ).trim();
  const run = (...args: string[]) => call(args, root);
  const orNull = async (...args: string[]) => run(...args).catch(() => null);
  const lines = async (...args: string[]) => (await run(...args)).split('\0').filter((line) => line !== '');
  return {
    commit: async (ref) =>
      (await orNull('rev-parse', '--verify', '--quiet', `${ref}^{commit}`))?.trim() ?? null,
    nameOf: async (ref) => (await orNull('rev-parse', '--abbrev-ref', ref))?.trim() || ref,
    read: (ref, path) => orNull('show', `${ref}:${path}`),
    list: (ref, path) => lines('ls-tree', '-r', '-z', '--name-only', ref, '--', path),
    async listUnmerged(path) {
      const entries = await lines('ls-files', '-u', '-z', '--', path);
      return [...new Set(entries.map((entry) => entry.slice(entry.indexOf('\t') + 1)))];
    },
    isAncestor: async (ancestor, commit) =>
      (await orNull('merge-base', '--is-ancestor', ancestor, commit)) !== null,
    mergeBase: async (one, other) => (await orNull('merge-base', one, other))?.trim() ?? null,
    mergesSince: async (from) =>
      (await run('rev-list', '--first-parent', '--merges', '--reverse', `${from}..HEAD`))
        .split('\n')
        .filter((line) => line !== ''),
    hasState: async (name) => {
      const path = (await run('rev-parse', '--git-path', name)).trim();
      return existsSync(resolve(root, path));
    },
    branch: async () => (await orNull('symbolic-ref', '--short', '--quiet', 'HEAD'))?.trim() ?? null,
    pathOf: async (file) => relative(await realpath(root), await realpath(file)).replaceAll('\\', '/'),
  };
}
