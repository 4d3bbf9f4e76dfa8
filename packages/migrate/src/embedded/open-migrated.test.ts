import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listBackups } from '../operate/backup/index.ts';
import { testBundle } from '../testing/bundle.ts';
import { openMigrated } from './open-migrated.ts';

const ITEMS = {
  tag: '0000_items',
  statements: ['CREATE TABLE items (id int PRIMARY KEY)', 'INSERT INTO items VALUES (1)'],
};
const FAILING = { tag: '0001_oops', statements: ['DELETE FROM items', 'SELECT 1 / 0'] };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-open-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const open = (migrations: Parameters<typeof testBundle>[0]) =>
  openMigrated(join(folder, 'app.db'), testBundle(migrations), {
    backup: { folder: join(folder, 'backups') },
  });

test('C1, C3, C4: a desktop application gets a migrated database, with a backup before what is pending', async () => {
  const first = await open([ITEMS]);
  expect(first.run).toMatchObject({ kind: 'applied', version: { tag: '0000_items' } });
  await first.close();
  const again = await open([ITEMS]);
  expect(again.run.kind).toBe('up-to-date');
  await again.close();
});

test('C5: after a failing migration everything is as before, with a backup, and the directory is free again', async () => {
  await expect(open([ITEMS, FAILING])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  expect(await listBackups(join(folder, 'backups'))).not.toEqual([]);
  const after = await open([ITEMS]);
  expect((await after.db.query('SELECT id FROM items')).rows).toEqual([{ id: 1 }]);
  await after.close();
});
