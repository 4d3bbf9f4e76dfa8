import fs from 'node:fs';
import { LockstepError } from '@lockstep/protocol';

/** What is used of `fs.promises`: something else that reads files can stand in for it, e.g. a reader of an archive. */
export interface ReadableFiles {
  /** Rejects with the code ENOENT for a file that is not there. */
  readFile(path: string, encoding: 'utf8'): Promise<string>;
  readdir(
    path: string,
    options: { withFileTypes: true },
  ): Promise<readonly { readonly name: string; isDirectory(): boolean }[]>;
}

/** Looked up at each call: Electron replaces the functions of `fs` by those that read inside its archives. */
export const diskFiles: ReadableFiles = {
  readFile: (path, encoding) => fs.promises.readFile(path, encoding),
  readdir: (path, options) => fs.promises.readdir(path, options),
};

/**
 * A file's text, or null when there is no such file. Raises MIGRATIONS_UNREADABLE for every other failure: a file that
 * may not be read is not a file that is missing.
 */
export async function readTextIfExists(file: string, files = diskFiles): Promise<string | null> {
  try {
    return await files.readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw unreadable(file, error);
  }
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** What is in a folder, by name; empty when there is no such folder. Raises MIGRATIONS_UNREADABLE. */
export async function listFolder(folder: string, files = diskFiles): Promise<readonly FolderEntry[]> {
  try {
    const entries = await files.readdir(folder, { withFileTypes: true });
    return entries
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw unreadable(folder, error);
  }
}

function unreadable(file: string, cause: unknown): LockstepError {
  const code = codeOf(cause);
  return new LockstepError('MIGRATIONS_UNREADABLE', {
    message: `${file} can't be read${code === null ? '' : ` (${code})`}.`,
    remedy: REMEDIES[code ?? ''] ?? 'Look at the cause: it is not that the file is missing.',
    place: { file },
    details: { code },
    cause,
  });
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "Let this process's user read it.",
  EPERM: "Let this process's user read it.",
  EISDIR: 'It is a folder where a file belongs.',
  ENOTDIR: 'It is a file where a folder belongs: the path of the migrations folder is wrong.',
  EMFILE: 'The process has too many files open.',
};

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
