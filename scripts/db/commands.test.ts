import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';

let checkout: Checkout;
beforeAll(() => {
  checkout = copyCheckout();
});
afterAll(() => checkout.remove());

const TASKS = 'packages/core/src/schema/tasks.ts';

test('B2: with nothing to do it says so and exits 0', async () => {
  expect(await checkout.run('db:generate')).toContain('No schema changes, nothing to migrate');
});

test('B3: electrify changes nothing the second time', async () => {
  const before = checkout.read('drizzle/0001_projects_and_tasks.sql');
  expect(await checkout.run('db:electrify')).toContain('electrified before');
  expect(checkout.read('drizzle/0001_projects_and_tasks.sql')).toBe(before);
});

test('B2: a rename that drizzle-kit would ask about ends with 2 without a terminal, and prints the flags that decide it', async () => {
  checkout.edit(TASKS, "text('title')", "text('headline')");
  await expect(checkout.run('db:setup', ['--name', 'headline'])).rejects.toThrow(
    /exit code 2[^]*--rename tasks\.title=tasks\.headline\n {2}--drop tasks\.title/,
  );
  expect(checkout.read('drizzle/meta/_journal.json')).not.toContain('headline');
  checkout.edit(TASKS, "text('headline')", "text('title')");
});

test('B4: a change of the schema becomes an electrified migration and its bundle', async () => {
  checkout.edit(TASKS, '    assigneeId:', "    estimate: integer('estimate'),\n    assigneeId:");
  await checkout.run('db:setup', ['--name', 'add_estimate']);
  expect(checkout.read('drizzle/0006_add_estimate.sql')).toBe(
    'ALTER TABLE "tasks" ADD COLUMN "estimate" integer;',
  );
  expect(checkout.read('packages/core/src/migrations/0006_add_estimate.ts')).toContain(
    'Tasks have an estimate now.',
  );
});

test('B11: an unreachable proxy is named, with what to set, and without a stack', async () => {
  const env = { PGHOST: '127.0.0.1', PGPORT: '9', PGPASSWORD: 'secret' };
  const failure = await checkout.run('db:migrate:remote', [], env).catch((error: Error) => error.message);
  expect(failure).toContain("POSTGRES_UNREACHABLE: 127.0.0.1:9 can't be reached");
  expect(failure).toContain('PGHOST and PGPORT');
  expect(failure).not.toMatch(/secret|\n {4}at /);
});

test('a released migration that does not exist is named, instead of nothing being released', async () => {
  checkout.edit('lockstep.config.ts', '  serverOnly:', "  releasedUpTo: '0009_nowhere',\n  serverOnly:");
  await expect(checkout.run('db:electrify')).rejects.toThrow(/CONFIG_INVALID: .*0009_nowhere/);
});
