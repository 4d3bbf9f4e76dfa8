import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';

let checkout: Checkout;
let database: TestDatabase;
beforeAll(async () => {
  checkout = copyCheckout();
  database = await createTestDatabase();
});
afterAll(async () => {
  checkout.remove();
  await database.drop();
});

test('B6: with DATABASE_URL alone the proxy runs inside the command; again finds nothing to do', async () => {
  const env = { PGHOST: '', DATABASE_URL: database.url };
  expect(await checkout.run('db:migrate:remote', [], env)).toContain('migrations applied');
  const published = await database.query('SELECT FROM pg_publication_tables');
  expect(published).toHaveLength(10);
  expect(await checkout.run('db:migrate:remote', [], env)).toContain('0 run, 6 skipped');
});

test('with neither DATABASE_URL nor PGHOST the missing variable is named', async () => {
  const failure = checkout.run('db:migrate:remote', [], { PGHOST: '', DATABASE_URL: '' });
  await expect(failure).rejects.toThrow(/CONFIG_INVALID: .*PGHOST/);
});
