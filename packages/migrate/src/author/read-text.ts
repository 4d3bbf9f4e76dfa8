import { readdir, readFile } from 'node:fs/promises';
import { LockstepError } from '@lockstep/protocol';

/**
 * A file's text, or null when there is no such file. Raises MIGRATIONS_UNREADABLE for every other failure: a file that
 * may not be read is not a file that is missing.
 */
export async function readTextIfExists(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
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
export async function listFolder(folder: string): Promise<readonly FolderEntry[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
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
