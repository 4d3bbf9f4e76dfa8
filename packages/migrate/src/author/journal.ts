import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { type JournalMigration, type ProgramSource, sha256 } from './journal-migration.ts';
import { type JournalEntry, parseJournal } from './parse-journal.ts';
import { listFolder, type ReadableFiles, readTextIfExists } from './read-text.ts';

export const JOURNAL_PATH = join('meta', '_journal.json');

/**
 * Reads a folder of drizzle-kit 0.31 (`meta/_journal.json` and `<tag>.sql`), in the journal's order.
 * Raises JOURNAL_INVALID, MIGRATION_FILE_MISSING, MIGRATION_FILE_UNLISTED, MIGRATIONS_UNREADABLE.
 */
export async function readJournalFolder(
  folder: string,
  files: ReadableFiles,
): Promise<readonly JournalMigration[]> {
  const journalFile = join(folder, JOURNAL_PATH);
  const text = await readTextIfExists(journalFile, files);
  const names = (await listFolder(folder, files)).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
  // Other modules in the folder are nobody's migration: drizzle-kit itself writes `schema.ts` and `relations.ts` there.
  const listed = names.filter((name) => name.endsWith('.sql') || /^\d{4,}_.*\.ts$/.test(name));
  // Modules alone are a compiled bundle: every migration has an SQL file, also one in TypeScript.
  if (text === null && !listed.some((name) => name.endsWith('.sql'))) return [];
  if (text === null) {
    throw new LockstepError('JOURNAL_INVALID', {
      message: `The migrations folder has no journal (${journalFile}).`,
      remedy: 'Run `drizzle-kit generate`, or restore the journal from version control.',
      place: { file: journalFile },
    });
  }
  const entries = parseJournal(text, journalFile);
  const tags = new Set(entries.map((entry) => entry.tag));
  const unlisted = listed.filter((file) => !tags.has(file.replace(/\.(sql|ts)$/, '')));
  if (unlisted.length > 0) throw unlistedError(folder, unlisted, UNLISTED_REMEDY);
  return Promise.all(entries.map((entry) => readMigration(folder, entry, files)));
}

const UNLISTED_REMEDY =
  'List the file in meta/_journal.json (`drizzle-kit generate --custom` makes a listed, empty one), or move it out of the folder.';

export function unlistedError(folder: string, unlisted: readonly string[], remedy: string): LockstepError {
  const [first] = unlisted;
  return new LockstepError('MIGRATION_FILE_UNLISTED', {
    message: `${unlisted.join(', ')}: in the migrations folder, but not in its journal, so no runner would apply ${unlisted.length === 1 ? 'it' : 'them'}.`,
    remedy,
    place: { file: join(folder, first ?? '') },
  });
}

/** The module beside a migration's file, when there is one. */
export async function readProgramSource(file: string, files: ReadableFiles): Promise<ProgramSource | null> {
  const text = await readTextIfExists(file, files);
  return text === null ? null : { file, text };
}

async function readMigration(
  folder: string,
  entry: JournalEntry,
  files: ReadableFiles,
): Promise<JournalMigration> {
  const { tag } = entry;
  const file = join(folder, `${tag}.sql`);
  const [sql, program, down, notes] = await Promise.all([
    readTextIfExists(file, files),
    readProgramSource(join(folder, `${tag}.ts`), files),
    readTextIfExists(join(folder, 'down', `${tag}.sql`), files),
    readTextIfExists(join(folder, `${tag}.md`), files),
  ]);
  if (sql === null) {
    throw new LockstepError('MIGRATION_FILE_MISSING', {
      message: `The journal lists ${tag}, and its file is not there.`,
      remedy: `Restore ${file} from version control, or take the entry out of meta/_journal.json if it was never applied anywhere.`,
      place: { file },
    });
  }
  const snapshotFile = join(folder, 'meta', `${tag.split('_', 1)[0]}_snapshot.json`);
  return { ...entry, file, sql, hash: sha256(sql), program, down, notes, snapshotFile };
}
