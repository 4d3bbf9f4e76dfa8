import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = { tag: '0000_items', sql: 'CREATE TABLE "items" ("id" integer PRIMARY KEY, "size" integer);' };
const SIZE = { tag: '0001_size', sql: 'ALTER TABLE "items" DROP COLUMN "size";' };
const MINE = { tag: '0001_mine', sql: 'ALTER TABLE "items" ADD COLUMN "mine" text;' };
const DATABASE = ['--database', 'file:app.db'];

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([ITEMS], "{ migrations: './drizzle', bundle: './bundle' }");
  await checkout.run(['compile']);
  await checkout.run(['migrate', ...DATABASE]);
  await sql('INSERT INTO items VALUES (1, 10), (2, 20)');
});
afterAll(() => checkout.remove());

const database = async () => (await checkout.open(join(checkout.path, 'app.db'))).executor;
const sql = async (text: string) => (await database()).exec(text);
const rows = async (query: string) => (await database()).query(query);

/** Another branch is checked out: its files, and the bundle that it committed. */
async function checkOut(...migrations: { tag: string; sql: string }[]): Promise<void> {
  await rm(join(checkout.path, 'drizzle'), { recursive: true, force: true });
  await rm(join(checkout.path, 'bundle'), { recursive: true, force: true });
  await checkout.migrations(migrations);
  expect((await checkout.run(['compile'])).exitCode).toBe(EXIT.done);
}

test('D3: rollback shows what happens to which rows, does it, and says where it is', async () => {
  await checkOut(ITEMS, SIZE);
  expect((await checkout.run(['migrate', ...DATABASE])).stdout).toContain(
    '2 rows of items (size) kept in the stash',
  );
  const plan = await checkout.run(['rollback', '--to', '0', ...DATABASE, '--dry-run']);
  expect(plan.stdout).toMatch(/0001_size +items +size +2 +comes back from the stash/);
  expect(await rows('SELECT * FROM items WHERE id = 1')).toEqual([{ id: 1 }]);
  const run = await checkout.run(['rollback', '--to', '0000_items', ...DATABASE]);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('Undone 0001_size');
  expect(run.stdout).toContain('is at 0000_items.');
  expect(await rows('SELECT * FROM items ORDER BY id')).toEqual([
    { id: 1, size: 10 },
    { id: 2, size: 20 },
  ]);
  const again = await checkout.run(['rollback', '--to', '0', ...DATABASE, '--json']);
  expect(again.json()).toMatchObject({ kind: 'nothing' });
});

test('D3: what would be lost is refused with its own exit code, until it is accepted', async () => {
  await checkout.run(['migrate', ...DATABASE, '--no-stash']);
  const run = await checkout.run(['rollback', '--to', '0', ...DATABASE]);
  expect(run.exitCode).toBe(EXIT.refused);
  expect(run.stdout).toContain('comes back EMPTY: no stash has it');
  expect(run.stderr).toContain('ROLLBACK_LOSES_DATA');
  const accepted = await checkout.run(['rollback', '--to', '0', ...DATABASE, '--accept-data-loss', '--json']);
  expect(accepted.json()).toMatchObject({ kind: 'rolled-back', undone: ['0001_size'] });
  expect((await checkout.run(['rollback', ...DATABASE])).exitCode).toBe(EXIT.usage);
  expect((await checkout.run(['rollback', '--to', '7', ...DATABASE])).stderr).toContain('7 is not applied');
});

test('branches: ahead after a switch names the branch’s migrations and the two commands; at a terminal it asks', async () => {
  await checkOut(ITEMS, MINE);
  await checkout.run(['migrate', ...DATABASE]);
  await sql("UPDATE items SET mine = 'kept' WHERE id = 1");
  await checkOut(ITEMS, { tag: '0001_theirs', sql: 'CREATE TABLE "theirs" ("id" integer);' });
  const told = await checkout.run(['migrate', ...DATABASE]);
  expect(told.exitCode).toBe(EXIT.failed);
  expect(told.stderr).toMatch(/migrations of another branch: 0001_mine \(applied \d{4}-/);
  expect(told.stderr).toContain('`lockstep rollback --to 0000_items`');
  expect(told.stderr).toContain('`lockstep reset`');

  const nothing = await checkout.run(['migrate', ...DATABASE], { answers: ['nothing'] });
  expect(nothing.exitCode).toBe(EXIT.failed);
  const asked = await checkout.run(['migrate', ...DATABASE], { answers: ['rollback'] });
  expect(asked.exitCode).toBe(EXIT.done);
  expect(asked.stdout).toContain('Undone 0001_mine');
  expect(asked.stdout).toContain('Applied 0001_theirs');

  // And back again: what was written on the branch is there again.
  await checkOut(ITEMS, MINE);
  expect((await checkout.run(['migrate', ...DATABASE], { answers: ['rollback'] })).exitCode).toBe(EXIT.done);
  expect(await rows('SELECT id, mine FROM items ORDER BY id')).toEqual([
    { id: 1, mine: 'kept' },
    { id: 2, mine: null },
  ]);
});

test('branches: diverged, and what has no down: only the rebuild is offered', async () => {
  await checkOut(ITEMS, { ...MINE, sql: 'INSERT INTO items (id) VALUES (7);' });
  const told = await checkout.run(['migrate', ...DATABASE]);
  expect(told.stderr).toMatch(/MIGRATION_EDITED: .*0001_mine \(applied .*, edited since\)/);
  const rebuilt = await checkout.run(['migrate', ...DATABASE, '--yes'], { answers: ['rebuild'] });
  expect(rebuilt.stdout).toContain('is new: 2 migrations applied.');
  await checkOut(ITEMS);
  const stuck = await checkout.run(['migrate', ...DATABASE]);
  expect(stuck.stderr).toContain("They can't be undone (0001_mine has no down.), so build the database anew");
});
