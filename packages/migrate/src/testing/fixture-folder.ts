import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface FixtureMigration {
  readonly tag: string;
  readonly sql: string;
  readonly down?: string;
  readonly notes?: string;
}

/** A migrations folder as drizzle-kit 0.31 lays it out, removed when the test is over. */
export async function writeFixture(migrations: readonly FixtureMigration[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-folder-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeMigrations(folder, migrations);
  return folder;
}

/** Writes a history into a folder, over what is there. */
export async function writeMigrations(
  folder: string,
  migrations: readonly FixtureMigration[],
): Promise<void> {
  await mkdir(join(folder, 'meta'), { recursive: true });
  await mkdir(join(folder, 'down'), { recursive: true });
  const entries = migrations.map(({ tag }, idx) => ({
    idx,
    version: '7',
    when: 1_700_000_000_000 + idx * 1000,
    tag,
    breakpoints: true,
  }));
  const journal = { version: '7', dialect: 'postgresql', entries };
  await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
  for (const { tag, sql, down, notes } of migrations) {
    await writeFile(join(folder, `${tag}.sql`), sql);
    if (down !== undefined) await writeFile(join(folder, 'down', `${tag}.sql`), down);
    if (notes !== undefined) await writeFile(join(folder, `${tag}.md`), notes);
  }
}
