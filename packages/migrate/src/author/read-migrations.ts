import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { JOURNAL_PATH, readJournalFolder } from './journal.ts';
import type { JournalMigration } from './journal-migration.ts';
import { hasMigrationFolders, readMigrationFolders } from './migration-folders.ts';
import { diskFiles, type ReadableFiles, readTextIfExists } from './read-text.ts';

/** How drizzle-kit lays a migrations folder out: `journal` up to 0.31, `folders` from 1.0. */
export type FolderLayout = 'journal' | 'folders';

/**
 * Which layout a folder has; `journal` for one that is empty or not there.
 * Raises JOURNAL_INVALID for a folder that has both, MIGRATIONS_UNREADABLE.
 */
export async function readFolderLayout(
  folder: string,
  files: ReadableFiles = diskFiles,
): Promise<FolderLayout> {
  const [journal, hasFolders] = await Promise.all([
    readTextIfExists(join(folder, JOURNAL_PATH), files),
    hasMigrationFolders(folder, files),
  ]);
  if (journal !== null && hasFolders) {
    throw new LockstepError('JOURNAL_INVALID', {
      message: `${folder} has a journal (drizzle-kit 0.31) and migrations in folders (1.0): every runner would see a part of them only.`,
      remedy: 'Run `drizzle-kit up` of 1.0 to convert the folder, or take out what the other version wrote.',
      place: { file: join(folder, JOURNAL_PATH) },
    });
  }
  return hasFolders ? 'folders' : 'journal';
}

/**
 * Reads a migrations folder of either layout, in the order of its history; none for a folder that is empty or not there.
 * Raises JOURNAL_INVALID, MIGRATION_FILE_MISSING, MIGRATION_FILE_UNLISTED, MIGRATIONS_UNREADABLE.
 */
export async function readMigrations(
  folder: string,
  files: ReadableFiles = diskFiles,
): Promise<readonly JournalMigration[]> {
  return (await readFolderLayout(folder, files)) === 'folders'
    ? readMigrationFolders(folder, files)
    : readJournalFolder(folder, files);
}
