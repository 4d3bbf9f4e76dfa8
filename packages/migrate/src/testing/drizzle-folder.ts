import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileText, type TestMigration, testBundle } from './bundle.ts';

/** Writes the migrations as drizzle-kit would have, and returns the folder's path. */
export function writeDrizzleFolder(migrations: readonly TestMigration[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-drizzle-'));
  mkdirSync(join(folder, 'meta'));
  for (const migration of migrations)
    writeFileSync(join(folder, `${migration.tag}.sql`), fileText(migration));
  const entries = testBundle(migrations).migrations.map(({ index, when, tag }) => ({
    idx: index,
    version: '7',
    when,
    tag,
    breakpoints: true,
  }));
  const journal = { version: '7', dialect: 'postgresql', entries };
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
  return folder;
}
