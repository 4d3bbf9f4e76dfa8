import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFixture } from '../testing/fixture-folder.ts';
import { electrifyFolder } from './electrify-folder.ts';

const created = 'CREATE TABLE "items" ("id" int PRIMARY KEY);';
const electrified = `${created}\n--> statement-breakpoint\nALTER TABLE "items" ENABLE ELECTRIC;`;

test('B3 electrifies what is not released, reports, and changes nothing the second time', async () => {
  const folder = await writeFixture([
    { tag: '0000_released', sql: 'CREATE TABLE notes (id int);' },
    { tag: '0001_new', sql: created },
  ]);
  const options = { folder, syncedTables: ['items', 'notes', 'itms'], released: ['0000_released'] };
  const report = {
    files: [{ tag: '0001_new', isChanged: true, inserted: [{ table: 'items' }] }],
    isChanged: true,
  };
  expect(await electrifyFolder({ ...options, check: true })).toMatchObject(report);
  expect(await readFile(join(folder, '0001_new.sql'), 'utf8')).toBe(created);

  expect(await electrifyFolder(options)).toMatchObject({ ...report, unknownTables: ['itms'] });
  expect(await readFile(join(folder, '0001_new.sql'), 'utf8')).toBe(electrified);
  expect(await readFile(join(folder, '0000_released.sql'), 'utf8')).toBe('CREATE TABLE notes (id int);');
  expect(await electrifyFolder(options)).toMatchObject({ isChanged: false });
});
