import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { type JournalEntry, parseJournal } from './parse-journal.ts';

/** A migration as its author left it: what the journal says, and its file. */
export interface JournalMigration extends JournalEntry {
  /** The path of its SQL file, as in messages: below the folder that was given. */
  readonly file: string;
  readonly sql: string;
  /** sha256 of the file's text, hex, as in Drizzle's tracking table. */
  readonly hash: string;
  /** `down/<tag>.sql`, or null where there is none. */
  readonly down: string | null;
  /** `<tag>.md` beside the migration: its hand-written change log, or null. */
  readonly notes: string | null;
}

/**
 * Reads a folder of drizzle-kit 0.31 (`meta/_journal.json` and `<tag>.sql`), in the journal's order.
 * Raises JOURNAL_INVALID, MIGRATION_FILE_MISSING, MIGRATION_FILE_UNLISTED.
 */
export async function readJournal(folder: string): Promise<readonly JournalMigration[]> {
  const journalFile = join(folder, 'meta', '_journal.json');
  const text = await readIfExists(journalFile);
  const files = await listSqlFiles(folder);
  if (text === null && files.length === 0) return [];
  if (text === null) {
    throw new LockstepError('JOURNAL_INVALID', {
      message: `The migrations folder has no journal (${journalFile}).`,
      remedy: 'Run `drizzle-kit generate`, or restore the journal from version control.',
      place: { file: journalFile },
    });
  }
  const entries = parseJournal(text, journalFile);
  const tags = new Set(entries.map((entry) => entry.tag));
  const unlisted = files.filter((file) => !tags.has(file.slice(0, -'.sql'.length)));
  if (unlisted.length > 0) throw unlistedError(folder, unlisted);
  return Promise.all(entries.map((entry) => readMigration(folder, entry)));
}

/** sha256 of a text's UTF-8 bytes, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function readMigration(folder: string, entry: JournalEntry): Promise<JournalMigration> {
  const file = join(folder, `${entry.tag}.sql`);
  const [sql, down, notes] = await Promise.all([
    readIfExists(file),
    readIfExists(join(folder, 'down', `${entry.tag}.sql`)),
    readIfExists(join(folder, `${entry.tag}.md`)),
  ]);
  if (sql === null) {
    throw new LockstepError('MIGRATION_FILE_MISSING', {
      message: `The journal lists ${entry.tag}, and its file is not there.`,
      remedy: `Restore ${file} from version control, or take the entry out of meta/_journal.json if it was never applied anywhere.`,
      place: { file },
    });
  }
  return { ...entry, file, sql, hash: sha256(sql), down, notes };
}

function unlistedError(folder: string, unlisted: readonly string[]): LockstepError {
  const [first] = unlisted;
  return new LockstepError('MIGRATION_FILE_UNLISTED', {
    message: `${unlisted.join(', ')}: in the migrations folder, but not in its journal, so no runner would apply ${unlisted.length === 1 ? 'it' : 'them'}.`,
    remedy:
      'List the file in meta/_journal.json (`drizzle-kit generate --custom` makes a listed, empty one), or move it out of the folder.',
    place: { file: join(folder, first ?? '') },
  });
}

async function listSqlFiles(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith('.sql')).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Null when there is no such file; every other failure is thrown as it is. */
async function readIfExists(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
