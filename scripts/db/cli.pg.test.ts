import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';

let checkout: Checkout;
let database: TestDatabase;
let env: Record<string, string>;
beforeAll(async () => {
  checkout = copyCheckout();
  database = await createTestDatabase('cli');
  env = { DATABASE_URL: database.url, PGHOST: '', CI: '' };
});
afterAll(async () => {
  checkout.remove();
  await database.drop();
});

const count = async (table: string) => (await database.query(`SELECT FROM ${table}`)).length;

test('E5, E6: db:migrate goes through the proxy and seeds, and the second time skips all', async () => {
  const first = await checkout.run('db:migrate', [], env);
  expect(first).toMatch(/6 run, 0 skipped[^]*Seeded with/);
  expect(await count('pg_publication_tables')).toBe(10);
  expect(await count('tasks')).toBe(5000);
  const second = await checkout.run('db:migrate', [], env);
  expect(second).toMatch(/0 run, 6 skipped[^]*Seeded with this \S+ before/);
});

test('D6: db:reset empties and builds anew, through the proxy', async () => {
  await database.query("UPDATE users SET name = 'changed'");
  const run = JSON.parse(await checkout.run('db:reset', ['--yes', '--json'], env)) as object;
  expect(run).toMatchObject({ version: { index: 5 }, seed: 'seeded' });
  expect(await count('pg_publication_tables')).toBe(10);
  expect(await count("users WHERE name = 'changed'")).toBe(0);
});

test('B9: db:status says where each migration stands, with the database named without its password', async () => {
  const { hostname, port, password, pathname } = new URL(database.url);
  const status = await checkout.run('db:status', [], env);
  expect(status).toMatch(/0000_people_and_workspaces +yes +fresh .*\d\d:\d\d:\d\dZ/);
  expect(status).toContain(`local: ${hostname}:${port}${pathname}: 6 applied, 0 pending.`);
  expect(status).not.toContain(`:${password}@`);
});

test('without a database, the local stack that does not run is named with what to do', async () => {
  const failure = checkout.run('db:migrate', [], { ...env, DATABASE_URL: '' });
  await expect(failure).rejects.toThrow(/exit code 2[^]*The local stack is not running[^]*pnpm dev/);
});

test('E5: migrate:prod asks, and takes nothing for granted', async () => {
  const refused = checkout.run('migrate:prod', [], env);
  await expect(refused).rejects.toThrow(/exit code 2[^]*CONFIRMATION_MISSING[^]*--yes/);
  expect(await checkout.run('migrate:prod', ['--yes'], env)).toContain('0 run, 6 skipped');
  await expect(checkout.run('migrate:prod', [], { ...env, DATABASE_URL: '' })).rejects.toThrow(
    /Nothing says which database/,
  );
  await expect(checkout.run('db:reset', ['--yes'], env)).rejects.toThrow(/exit code 3[^]*PRODUCTION_REFUSED/);
});
