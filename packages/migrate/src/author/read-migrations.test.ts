import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm-1/migrator';
import { expect, test } from 'vitest';
import { writeFixture } from '../testing/fixture-folder.ts';
import { writeFolders } from '../testing/folders-fixture.ts';
import { readFolderLayout, readMigrations } from './read-migrations.ts';

const history = [
  { tag: '20231114221320_items', sql: '\uFEFFCREATE TABLE items (id int);\r\n', down: 'DROP TABLE items;' },
  { tag: '20260320055809_lower-names.2', sql: 'SELECT 2', notes: 'Names are small.\n' },
];

test("C2 reads the folders of drizzle-kit 1.0 with the order, times and hashes of drizzle-orm 1.0's own reader", async () => {
  const folder = await writeFolders([...history].reverse());
  const migrations = await readMigrations(folder);
  expect(await readFolderLayout(folder)).toBe('folders');
  expect(migrations).toMatchObject([
    { tag: '20231114221320_items', index: 0, sql: history[0]?.sql, down: 'DROP TABLE items;', notes: null },
    { tag: '20260320055809_lower-names.2', index: 1, down: null, notes: 'Names are small.\n' },
  ]);
  expect(migrations[1]?.snapshotFile).toBe(join(folder, '20260320055809_lower-names.2', 'snapshot.json'));
  const drizzles = readMigrationFiles({ migrationsFolder: folder });
  expect(migrations.map(({ tag, hash, when }) => ({ tag, hash, when }))).toEqual(
    drizzles.map(({ name, hash, folderMillis }) => ({ tag: name, hash, when: folderMillis })),
  );
});

test('D4 a folder with both layouts is refused: each runner would see a part of it', async () => {
  const folder = await writeFolders(history);
  await mkdir(join(folder, 'meta'));
  await writeFile(join(folder, 'meta', '_journal.json'), '{"entries":[]}');
  await expect(readMigrations(folder)).rejects.toMatchObject({
    code: 'JOURNAL_INVALID',
    remedy: expect.stringContaining('drizzle-kit up'),
  });
});

test('published failure: a folder without its file, and a file beside the folders, are named (codebestia/clicked #546)', async () => {
  const folder = await writeFolders(history);
  await rm(join(folder, '20260320055809_lower-names.2', 'migration.sql'));
  await expect(readMigrations(folder)).rejects.toMatchObject({
    code: 'MIGRATION_FILE_MISSING',
    place: { file: join(folder, '20260320055809_lower-names.2', 'migration.sql') },
  });
  const other = await writeFolders(history);
  await writeFile(join(other, '0002_forgotten.sql'), 'SELECT 3');
  await expect(readMigrations(other)).rejects.toMatchObject({
    code: 'MIGRATION_FILE_UNLISTED',
    message: expect.stringContaining('0002_forgotten.sql'),
  });
});

test.each(['initial', '2026_initial', '20261399000000x'])(
  'a folder named %s is refused, not read as time NaN',
  async (tag) => {
    const folder = await writeFolders([...history, { tag, sql: 'SELECT 1' }]);
    await expect(readMigrations(folder)).rejects.toMatchObject({
      code: 'JOURNAL_INVALID',
      message: expect.stringContaining(tag),
    });
  },
);

test('published failure: a file that can\'t be read is not reported as "No file" (drizzle-orm 0.45 readMigrationFiles)', async () => {
  const folder = await writeFixture([{ tag: '0000_items', sql: 'SELECT 1' }]);
  const file = join(folder, '0000_items.sql');
  await rm(file);
  await mkdir(file);
  await expect(readMigrations(folder)).rejects.toMatchObject({
    code: 'MIGRATIONS_UNREADABLE',
    message: expect.stringContaining('EISDIR'),
    place: { file },
    cause: expect.anything(),
  });
  await expect(readMigrations(join(folder, 'meta', '_journal.json'))).rejects.toMatchObject({
    code: 'MIGRATIONS_UNREADABLE',
    details: { code: 'ENOTDIR' },
  });
});

test.skipIf(process.getuid?.() === 0)('a file without the right to read is named with EACCES', async () => {
  const folder = await writeFixture([{ tag: '0000_items', sql: 'SELECT 1' }]);
  await chmod(join(folder, '0000_items.sql'), 0);
  await expect(readMigrations(folder)).rejects.toMatchObject({ details: { code: 'EACCES' } });
});

test('a byte order mark in front of the journal is no part of it', async () => {
  const folder = await writeFixture([]);
  await writeFile(join(folder, 'meta', '_journal.json'), '\uFEFF{"entries":[]}');
  expect(await readMigrations(folder)).toEqual([]);
});

test('published failure: duplicate numbers after a merge are named with both migrations (drizzle #5769, #1221)', async () => {
  const folder = await writeFixture([{ tag: '0000_items', sql: 'SELECT 1' }]);
  const entry = (idx: number, tag: string) => ({ idx, tag, when: 1 });
  await writeFile(
    join(folder, 'meta', '_journal.json'),
    JSON.stringify({ entries: [entry(0, '0000_items'), entry(1, '0001_mine'), entry(1, '0001_theirs')] }),
  );
  await expect(readMigrations(folder)).rejects.toMatchObject({
    code: 'JOURNAL_INVALID',
    message: expect.stringMatching(/0001_theirs .*0001_mine/),
  });
});
