import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FixtureMigration } from './fixture-folder.ts';

/** A migrations folder as drizzle-kit 1.0 lays it out, removed when the test is over. */
export async function writeFolders(migrations: readonly FixtureMigration[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-folders-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'down'));
  for (const { tag, sql, down, notes } of migrations) {
    await mkdir(join(folder, tag));
    await writeFile(join(folder, tag, 'migration.sql'), sql);
    await writeFile(join(folder, tag, 'snapshot.json'), JSON.stringify({ id: tag, prevIds: [] }));
    if (down !== undefined) await writeFile(join(folder, 'down', `${tag}.sql`), down);
    if (notes !== undefined) await writeFile(join(folder, tag, 'migration.md'), notes);
  }
  return folder;
}
