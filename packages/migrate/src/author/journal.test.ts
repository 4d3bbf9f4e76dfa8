import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { expect, test } from 'vitest';
import { writeFixture } from '../testing/fixture-folder.ts';

import { parseJournal } from './parse-journal.ts';
import { readMigrations } from './read-migrations.ts';

const history = [
  { tag: '0000_first', sql: '\uFEFFSELECT 1; -- é\r\n', down: 'SELECT 0;', notes: 'Something is new.\n' },
  { tag: '0001_second', sql: 'SELECT 2' },
];

test('C2 reads a folder with the hashes that Drizzle writes', async () => {
  const folder = await writeFixture(history);
  const migrations = await readMigrations(folder);
  expect(migrations).toMatchObject([
    {
      tag: '0000_first',
      index: 0,
      when: 1_700_000_000_000,
      sql: history[0]?.sql,
      down: 'SELECT 0;',
      notes: 'Something is new.\n',
    },
    { tag: '0001_second', index: 1, when: 1_700_000_001_000, sql: 'SELECT 2', down: null, notes: null },
  ]);
  const drizzle = readMigrationFiles({ migrationsFolder: folder });
  expect(migrations.map(({ hash, when }) => ({ hash, when }))).toEqual(
    drizzle.map(({ hash, folderMillis }) => ({ hash, when: folderMillis })),
  );
  expect(migrations[1]?.hash).toBe(createHash('sha256').update('SELECT 2').digest('hex'));
});

test('D4 an empty or absent folder has no migrations', async () => {
  expect(await readMigrations(join(await writeFixture([]), 'nowhere'))).toEqual([]);
});

test('D4 a missing file is named', async () => {
  const folder = await writeFixture(history);
  await rm(join(folder, '0001_second.sql'));
  await expect(readMigrations(folder)).rejects.toMatchObject({
    code: 'MIGRATION_FILE_MISSING',
    place: { file: join(folder, '0001_second.sql') },
  });
});

test('D4 a file that the journal does not list is named', async () => {
  const folder = await writeFixture(history);
  await writeFile(join(folder, '0002_forgotten.sql'), 'SELECT 3');
  await expect(readMigrations(folder)).rejects.toMatchObject({
    code: 'MIGRATION_FILE_UNLISTED',
    message: expect.stringContaining('0002_forgotten.sql'),
  });
});

test('D4 SQL files without a journal are refused', async () => {
  const folder = await writeFixture(history);
  await rm(join(folder, 'meta'), { recursive: true });
  await expect(readMigrations(folder)).rejects.toMatchObject({ code: 'JOURNAL_INVALID' });
});

const entry = (idx: unknown, tag: unknown, when: unknown = 1) => ({ idx, tag, when });
test.each([
  ['no JSON', '<<<<<<< HEAD', 'not JSON'],
  ['no entries', '{}', 'no list of entries'],
  ['another dialect', JSON.stringify({ dialect: 'sqlite', entries: [] }), 'sqlite'],
  ['an entry without a tag', JSON.stringify({ entries: [entry(0, undefined)] }), 'Entry 0'],
  ['a duplicate number', JSON.stringify({ entries: [entry(0, 'a'), entry(0, 'b')] }), 'b has the number 0'],
  ['a gap', JSON.stringify({ entries: [entry(0, 'a'), entry(2, 'b')] }), 'a gap'],
  ['a duplicate tag', JSON.stringify({ entries: [entry(0, 'a'), entry(1, 'a')] }), 'twice'],
  ['a path for a tag', JSON.stringify({ entries: [entry(0, '../a')] }), '../a'],
])('D4 refuses a journal with %s', (_name, text, message) => {
  expect(() => parseJournal(text, '_journal.json')).toThrow(
    expect.objectContaining({ code: 'JOURNAL_INVALID', message: expect.stringContaining(message) }),
  );
});

test('times that go back are what a merge leaves behind, and are read', () => {
  const text = JSON.stringify({ entries: [entry(0, 'a', 9), entry(1, 'b', 3)] });
  expect(parseJournal(text, '_journal.json')).toMatchObject([{ when: 9 }, { when: 3 }]);
});
