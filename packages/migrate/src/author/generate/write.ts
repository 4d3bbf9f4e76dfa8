import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Snapshot } from './snapshot.ts';

/** Between two statements of a file, as drizzle-kit writes it. */
export const BREAKPOINT = '--> statement-breakpoint\n';

/** What drizzle-kit writes for `--custom`. */
export const CUSTOM_SQL = '-- Custom SQL migration file, put your code below! --';

export interface NewMigration {
  readonly tag: string;
  readonly index: number;
  readonly when: number;
  readonly breakpoints: boolean;
  readonly sql: string;
  readonly snapshot: Snapshot;
}

interface JournalFile {
  readonly version: string;
  readonly dialect: string;
  readonly entries: readonly unknown[];
}

const EMPTY_JOURNAL: JournalFile = { version: '7', dialect: 'postgresql', entries: [] };

/** Writes the three parts of a migration. The journal comes last: until it lists the file, nothing would run it. */
export async function writeMigration(folder: string, migration: NewMigration): Promise<void> {
  const { tag, index, when, breakpoints, sql, snapshot } = migration;
  const meta = join(folder, 'meta');
  await mkdir(meta, { recursive: true });
  const journal = await readJournalFile(join(meta, '_journal.json'));
  await writeFile(join(folder, `${tag}.sql`), sql, { flag: 'wx' });
  await writeFile(join(meta, `${tag.split('_')[0] ?? ''}_snapshot.json`), JSON.stringify(snapshot, null, 2));
  const entries = [...journal.entries, { idx: index, version: snapshot.version, when, tag, breakpoints }];
  await writeFile(join(meta, '_journal.json'), JSON.stringify({ ...journal, entries }, null, 2));
}

async function readJournalFile(file: string): Promise<JournalFile> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JournalFile;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return EMPTY_JOURNAL;
    throw error;
  }
}
