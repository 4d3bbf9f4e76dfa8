import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLE_FILE } from '../../find/bundle-file.ts';
import { findMigrations } from '../../find/find-migrations.ts';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([
    {
      tag: '0000_items',
      sql: "CREATE TABLE items (id int PRIMARY KEY, name text);\nINSERT INTO items VALUES (1, 'A');",
    },
  ]);
});
afterAll(() => checkout.remove());

const MODULE = 'drizzle/0001_lower_names.ts';
const DATABASE = ['--database', 'file:app.db'];

test('D1: program begins a migration, --seal seals it after an edit, migrate runs it, pack ships it', async () => {
  const made = await checkout.run(['program', 'lower_names', '--description', 'Names are small.']);
  expect(made).toMatchObject({ exitCode: EXIT.done, stdout: expect.stringContaining(MODULE) });

  const text = await readFile(join(checkout.path, MODULE), 'utf8');
  await checkout.write(MODULE, text.replace(/\/\/ await db/, 'await db'));
  const stale = await checkout.run(['migrate', ...DATABASE]);
  expect(stale.exitCode).not.toBe(EXIT.done);
  expect(stale.stderr).toMatch(/PROGRAM_INVALID.*0001_lower_names/);

  expect(await checkout.run(['program', '--seal'])).toMatchObject({ stdout: 'Sealed: 0001_lower_names.\n' });
  expect(await checkout.run(['program', '--seal'])).toMatchObject({ stdout: 'Nothing to seal.\n' });
  const migrated = await checkout.run(['migrate', ...DATABASE]);
  expect(migrated.stdout).toMatch(/0001_lower_names: 1 row of items done/);
  const { executor } = await checkout.open(join(checkout.path, 'app.db'));
  expect(await executor.query('SELECT name FROM items')).toEqual([{ name: 'a' }]);

  expect(await checkout.run(['pack', `dist/${BUNDLE_FILE}`, '--json'])).toMatchObject({
    exitCode: EXIT.done,
  });
  const found = await findMigrations({ from: join(checkout.path, 'dist', 'main.js') });
  expect(found).toMatchObject({ kind: 'beside', bundle: { migrations: [{}, { tag: '0001_lower_names' }] } });
});

test('a program needs a name', async () => {
  expect(await checkout.run(['program'])).toMatchObject({ stderr: expect.stringContaining('has no name') });
});
