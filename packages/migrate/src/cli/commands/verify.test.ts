import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const DATABASE = ['--database', 'file:app.db'];
let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([
    {
      tag: '0000_items',
      sql: 'CREATE TABLE items (id int PRIMARY KEY, name text);\nCREATE INDEX items_name ON items (name);',
    },
    {
      tag: '0001_touch',
      sql: `CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION touch();`,
    },
  ]);
  await checkout.run(['migrate', ...DATABASE]);
});
afterAll(() => checkout.remove());

test('E3: verify finds everything there, then says what is missing, who made it and how to repair it', async () => {
  const clean = await checkout.run(['verify', ...DATABASE]);
  expect(clean.stdout).toContain(
    '1 table, 2 columns, 1 constraint, 1 index, 1 function, 1 trigger: all there.',
  );
  expect(clean.exitCode).toBe(EXIT.done);

  const { executor } = await checkout.open(join(checkout.path, 'app.db'));
  await executor.exec('DROP INDEX items_name; ALTER TABLE items DISABLE TRIGGER touch');
  const found = await checkout.run(['verify', ...DATABASE]);
  expect(found.exitCode).toBe(EXIT.found);
  expect(found.stdout).toContain('missing index public.items_name (0000_items, line 2)');
  expect(found.stdout).toContain('different trigger public.items.touch (0001_touch, line 2)');
  expect(found.stdout).toContain('repair: ALTER TABLE public.items ENABLE TRIGGER touch;');
});

test('E3: verify-triggers looks at triggers alone', async () => {
  const run = await checkout.run(['verify-triggers', ...DATABASE, '--json']);
  expect(run.exitCode).toBe(EXIT.found);
  expect(run.json()).toMatchObject({
    kind: 'verified',
    problems: [{ what: 'different', identity: 'trigger public.items.touch' }],
  });
});
