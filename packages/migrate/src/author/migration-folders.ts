import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { readProgramSource, unlistedError } from './journal.ts';
import { type JournalMigration, sha256 } from './journal-migration.ts';
import { listFolder, type ReadableFiles, readTextIfExists } from './read-text.ts';

/** Folders in a migrations folder that are no migrations. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(['down', 'meta']);

/**
 * Reads a folder of drizzle-kit 1.0: one folder a migration (`<timestamp>_<name>/migration.sql`, `snapshot.json`), no
 * journal. The folder's name is the tag, its first 14 digits the time in UTC; the order is that of the names, as in
 * drizzle-orm 1.0's `readMigrationFiles`.
 * Raises JOURNAL_INVALID, MIGRATION_FILE_MISSING, MIGRATION_FILE_UNLISTED, MIGRATIONS_UNREADABLE.
 */
export async function readMigrationFolders(
  folder: string,
  files: ReadableFiles,
): Promise<readonly JournalMigration[]> {
  const entries = await listFolder(folder, files);
  const loose = entries.filter(({ name, isFolder }) => !isFolder && name.endsWith('.sql'));
  if (loose.length > 0)
    throw unlistedError(
      folder,
      loose.map(({ name }) => name),
      'Make it `migration.sql` of a folder of its own (`drizzle-kit generate --custom` makes one), or move it away.',
    );
  const tags = entries
    .filter(({ name, isFolder }) => isFolder && !OTHER_FOLDERS.has(name) && !name.startsWith('.'))
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b));
  return Promise.all(tags.map((tag, index) => readMigration(folder, tag, index, files)));
}

/** True for a folder that holds at least one migration of this layout. */
export async function hasMigrationFolders(folder: string, files: ReadableFiles): Promise<boolean> {
  for (const { name, isFolder } of await listFolder(folder, files)) {
    if (!isFolder || OTHER_FOLDERS.has(name)) continue;
    if ((await readTextIfExists(join(folder, name, 'migration.sql'), files)) !== null) return true;
  }
  return false;
}

async function readMigration(
  folder: string,
  tag: string,
  index: number,
  files: ReadableFiles,
): Promise<JournalMigration> {
  const at = (name: string) => join(folder, tag, name);
  const file = at('migration.sql');
  const [sql, program, down, notes] = await Promise.all([
    readTextIfExists(file, files),
    readProgramSource(at('migration.ts'), files),
    readTextIfExists(join(folder, 'down', `${tag}.sql`), files),
    readTextIfExists(at('migration.md'), files),
  ]);
  if (sql === null) {
    throw new LockstepError('MIGRATION_FILE_MISSING', {
      message: `The folder ${tag} has no migration.sql, so no runner would apply it.`,
      remedy: `Restore ${file} from version control, or move the folder away if it is no migration.`,
      place: { file },
    });
  }
  const when = readFolderTime(tag, at(''));
  return {
    tag,
    index,
    when,
    file,
    sql,
    hash: sha256(sql),
    program,
    down,
    notes,
    snapshotFile: at('snapshot.json'),
  };
}

/** Milliseconds since 1970 of a name like `20260320055809_initial`. */
function readFolderTime(tag: string, file: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:_[\w.-]*)?$/.exec(tag) ?? [];
  const when = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  if (Number.isInteger(when)) return when;
  throw new LockstepError('JOURNAL_INVALID', {
    message: `The folder ${tag} is not named as a migration: <year, month, day, hour, minute, second>_<name>, e.g. 20260320055809_initial.`,
    remedy:
      'Name it so (letters, digits, "_", "-" and "." in the name), or move it away if it is no migration.',
    place: { file },
  });
}
