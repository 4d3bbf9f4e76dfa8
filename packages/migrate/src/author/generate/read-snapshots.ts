import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { EMPTY_SNAPSHOT, formatIndex, type Snapshot } from './snapshot.ts';

/** Where the snapshot of a migration lies: named by its tag's prefix, as drizzle-kit does, or by its number. */
function snapshotFile(folder: string, tag: string): string {
  return join(folder, 'meta', `${/^\d+/.exec(tag)?.[0] ?? ''}_snapshot.json`);
}

/**
 * The snapshot after the newest migration, before the first an empty one. Raises SNAPSHOT_INVALID where it is missing
 * or isn't one: what the next migration has to do can't be known then.
 */
export async function readNewestSnapshot(
  folder: string,
  entries: readonly { readonly tag: string; readonly index: number }[],
): Promise<Snapshot> {
  const newest = entries.at(-1);
  if (newest === undefined) return EMPTY_SNAPSHOT;
  return readSnapshot(folder, newest);
}

/** Raises SNAPSHOT_INVALID. */
async function readSnapshot(
  folder: string,
  entry: { readonly tag: string; readonly index: number },
): Promise<Snapshot> {
  const files = [
    snapshotFile(folder, entry.tag),
    join(folder, 'meta', `${formatIndex(entry.index)}_snapshot.json`),
  ];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text !== null) return parseSnapshot(text, file);
  }
  throw invalid(`The snapshot of ${entry.tag} is not there.`, files[0] ?? folder);
}

/** Raises SNAPSHOT_INVALID. */
export function parseSnapshot(text: string, file: string): Snapshot {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid(
      text.includes('<<<<<<<')
        ? 'The snapshot has the marks of a merge conflict.'
        : 'The snapshot is not JSON.',
      file,
    );
  }
  const { version, id, tables } = parsed as Partial<Snapshot>;
  if (version !== '7' || typeof id !== 'string' || typeof tables !== 'object')
    throw invalid(
      `The snapshot is not of drizzle-kit's version 7 (it says ${JSON.stringify(version)}).`,
      file,
    );
  // Kinds that older snapshots of this version lack.
  return { ...EMPTY_SNAPSHOT, ...(parsed as Snapshot) };
}

function invalid(message: string, file: string): LockstepError {
  return new LockstepError('SNAPSHOT_INVALID', {
    message,
    remedy:
      'Restore it from version control; after a merge of two branches run `lockstep rebase` (`pnpm db:rebase`), which makes it anew.',
    place: { file },
  });
}
