import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const DATABASE = ['--database', 'file:app.db'];
const SCHEMA = `import { pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const items = pgTable('items', { id: uuid('id').primaryKey(), name: text('name').notNull() });
`;
const PUSHED = 'CREATE TABLE items (id uuid PRIMARY KEY NOT NULL, name text NOT NULL)';

let checkout: CliCheckout;
const executor = async () => (await checkout.open(join(checkout.path, 'app.db'))).executor;
beforeAll(async () => {
  checkout = await createCliCheckout(
    [],
    "{ migrations: './drizzle', bundle: './bundle', synced: ['items'] }",
  );
  await checkout.write(
    'drizzle.config.ts',
    "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' };\n",
  );
  await checkout.write('schema.ts', SCHEMA);
  await (await executor()).exec(PUSHED);
});
afterAll(() => checkout.remove());

test('E1: a baseline that does not equal the database is shown, and no file is written', async () => {
  await (await executor()).exec('ALTER TABLE items ADD COLUMN extra text');
  const run = await checkout.run(['adopt', '--baseline', ...DATABASE]);
  expect(run.exitCode).toBe(EXIT.found);
  expect(run.stdout).toContain('The database equals no version. The nearest is 0000_baseline:');
  expect(run.stdout).toContain('unexpected column public.items.extra');
  expect((await readdir(join(checkout.path, 'drizzle'))).filter((name) => name.endsWith('.sql'))).toEqual([]);
  await (await executor()).exec('ALTER TABLE items DROP COLUMN extra');
});

test('E1: --baseline writes 0000 from the schema, proves it and marks it as applied', async () => {
  const run = await checkout.run(['adopt', '--baseline', ...DATABASE]);
  expect(run.stdout).toContain('The database equals 0000_baseline.');
  expect(run.stdout).toContain('Adopted at 0000_baseline: 1 marked as applied.');
  expect(run.exitCode).toBe(EXIT.done);
  expect(await readdir(join(checkout.path, 'bundle'))).toContain('0000_baseline.ts');
  const migrate = await checkout.run(['migrate', ...DATABASE, '--json']);
  expect(migrate.json()).toMatchObject({ kind: 'up-to-date', version: { tag: '0000_baseline' } });
});

test('a second baseline is refused, and a second adoption finds nothing to do', async () => {
  const refused = await checkout.run(['adopt', '--baseline', ...DATABASE]);
  expect(refused.stderr).toContain('BASELINE_REFUSED');
  const again = await checkout.run(['adopt', ...DATABASE, '--json']);
  expect(again.json()).toMatchObject({ kind: 'nothing-to-adopt', reason: 'tracked' });
  expect(again.exitCode).toBe(EXIT.done);
});
