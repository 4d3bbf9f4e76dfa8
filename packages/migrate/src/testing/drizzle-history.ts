import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { drizzleName } from '../run/drizzle-table.ts';
import { fileText, type TestMigration, testBundle } from './bundle.ts';
import { writeDrizzleFolder } from './drizzle-folder.ts';

/** A history that every migrator can run, in the layout of drizzle-kit 0.31: times with milliseconds, as it has them. */
export const JOURNALLED: readonly TestMigration[] = [
  { tag: '0000_items', statements: ['CREATE TABLE items (id int)', 'INSERT INTO items VALUES (1)'] },
  { tag: '0001_name', statements: ['ALTER TABLE items ADD COLUMN name text'] },
  { tag: '0002_notes', statements: ['CREATE TABLE notes (id int)'] },
  { tag: '0003_more', statements: ['ALTER TABLE notes ADD COLUMN text text'] },
].map((migration, index) => ({ ...migration, when: 1_700_000_000_123 + index * 60_000 }));

/** The same after `drizzle-kit up` of 1.0: folders, named after the times, which are whole seconds then. */
export const IN_FOLDERS: readonly TestMigration[] = JOURNALLED.map((migration) => {
  const when = migration.when ?? 0;
  return { ...migration, tag: drizzleName({ tag: migration.tag, when }), when: when - (when % 1000) };
});

/** The first migrations of a history. */
export const bundleOf = (history: readonly TestMigration[], length: number) =>
  testBundle(history.slice(0, length));

export function journalFolder(length: number): string {
  const folder = writeDrizzleFolder(JOURNALLED.slice(0, length));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export function foldersFolder(length: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-drizzle-1-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const migration of IN_FOLDERS.slice(0, length)) {
    mkdirSync(join(folder, migration.tag));
    writeFileSync(join(folder, migration.tag, 'migration.sql'), fileText(migration));
  }
  return folder;
}
