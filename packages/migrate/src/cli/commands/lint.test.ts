import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = { tag: '0000_items', sql: 'CREATE TABLE "items" ("id" uuid PRIMARY KEY, "name" text);' };
const INDEX = { tag: '0001_index', sql: 'CREATE INDEX "items_name" ON "items" ("name");' };

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout(
    [ITEMS, INDEX],
    "{ migrations: './drizzle', releasedUpTo: '0000_items' }",
  );
});
afterAll(() => checkout.remove());

test('E7: lint names the lock and the safe form, and ends with 4', async () => {
  const run = await checkout.run(['lint']);
  expect(run.exitCode).toBe(EXIT.found);
  expect(run.stdout).toContain('drizzle/0001_index.sql');
  expect(run.stdout).toContain('SHARE on items: writers wait; builds an index.');
  expect(run.stdout).toContain('CREATE INDEX CONCURRENTLY "items_name" ON "items" ("name");');
  expect(run.stdout).toContain('CREATE INDEX IF NOT EXISTS "items_name" ON "items" ("name");');
  expect(run.stdout).toContain('1 file: 1 error.');
});

test('lint has JSON, GitHub annotations, and a line for each finding', async () => {
  const json = (await checkout.run(['lint', '--json'])).json();
  expect(json).toMatchObject({
    findings: [{ rule: 'create-index', line: 1, lock: 'SHARE', table: 'items' }],
    isAbove: true,
  });
  expect((await checkout.run(['lint', '--format', 'github'])).stdout).toMatch(
    /^::error file=drizzle\/0001_index.sql,line=1,col=1,title=create-index::Nobody can write.*%0A/,
  );
  expect((await checkout.run(['lint', '--format', 'generic'])).stdout).toMatch(
    /^drizzle\/0001_index.sql:1:1: error: /,
  );
});

test('what is looked at: files, --since, --all; one of them', async () => {
  expect((await checkout.run(['lint', 'drizzle/0000_items.sql'])).stdout).toBe('1 file: nothing found.\n');
  expect((await checkout.run(['lint', '--since', '0001_index'])).stdout).toContain('0 files: nothing found.');
  expect((await checkout.run(['lint', '--all'])).stdout).toContain('2 files: 1 error.');
  expect((await checkout.run(['lint', '--all', '--since', '0000_items'])).exitCode).toBe(EXIT.usage);
  expect((await checkout.run(['lint', '--since', '0009_x'])).stderr).toContain(
    'There is no migration 0009_x',
  );
});

test('B12: on an embedded database nobody waits, and what is left is the time it takes', async () => {
  const run = await checkout.run(['lint', '--target', 'embedded']);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('notice  create-index');
  expect((await checkout.run(['lint', '--target', 'embedded', '--max-level', 'none'])).exitCode).toBe(
    EXIT.found,
  );
});

test('--pending asks the database', async () => {
  const run = await checkout.run(['lint', '--pending', '--database', 'file:app.db']);
  expect(run.stdout).toContain('2 files: 1 error.');
});

test('an ignore with its reason leaves it out; without, or in vain, it is a finding itself', async () => {
  const ignore = '-- lockstep-ignore create-index: the table is small\n';
  await checkout.migrations([ITEMS, { ...INDEX, sql: ignore + INDEX.sql }]);
  expect((await checkout.run(['lint'])).stdout).toBe('1 file: nothing found.\n');
  await checkout.migrations([ITEMS, { ...INDEX, sql: `-- lockstep-ignore create-index\n${INDEX.sql}` }]);
  expect((await checkout.run(['lint'])).stdout).toContain('ignore-without-reason');
  await checkout.migrations([ITEMS, { ...INDEX, sql: `-- lockstep-ignore drop-table: no\n${INDEX.sql}` }]);
  expect((await checkout.run(['lint'])).stdout).toContain('ignore-unused');
});
