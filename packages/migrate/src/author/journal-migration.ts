import { createHash } from 'node:crypto';
import type { JournalEntry } from './parse-journal.ts';

/** A migration as its author left it: what the folder says of it, and its files. */
export interface JournalMigration extends JournalEntry {
  /** The path of its SQL file, as in messages: below the folder that was given. */
  readonly file: string;
  readonly sql: string;
  /** sha256 of the file's text, hex, as in Drizzle's tracking table. */
  readonly hash: string;
  /** The module beside it, where it is a TypeScript migration (D1), or null. */
  readonly program: ProgramSource | null;
  /** `down/<tag>.sql`, or null where there is none. */
  readonly down: string | null;
  /** Its hand-written change log (`<tag>.md`, in the newer layout `<tag>/migration.md`), or null. */
  readonly notes: string | null;
  /** Where drizzle-kit keeps the schema after it: a path that need not exist. */
  readonly snapshotFile: string;
}

/** The TypeScript module of a migration. */
export interface ProgramSource {
  readonly file: string;
  readonly text: string;
}

/** sha256 of a text's UTF-8 bytes, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
