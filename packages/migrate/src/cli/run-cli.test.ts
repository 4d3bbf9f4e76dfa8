import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../testing/cli-checkout.ts';
import { EXIT } from './exit-codes.ts';

const ITEMS = {
  tag: '0000_items',
  sql: 'CREATE TABLE "items" ("id" uuid PRIMARY KEY, "name" text NOT NULL);',
};
const NOTES = { tag: '0001_notes', sql: 'CREATE TABLE "notes" ("id" uuid PRIMARY KEY);' };
const DATABASE = ['--database', 'file:app.db'];

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([ITEMS, NOTES], "{ migrations: './drizzle', bundle: './bundle' }");
  await checkout.run(['compile']);
});
afterAll(() => checkout.remove());

test('E6: the first run prints what was found and run, the second what was found, and no error', async () => {
  const first = await checkout.run(['migrate', ...DATABASE]);
  expect(first.stdout).toContain('0 applied, 2 pending: 0000_items, 0001_notes.');
  expect(first.stdout).toMatch(/Applied 0001_notes in \d+ ms/);
  const second = await checkout.run(['migrate', ...DATABASE]);
  expect(second).toMatchObject({ exitCode: EXIT.done, stderr: '' });
  expect(second.stdout).toMatch(/2 migrations found[^]*0 run, 2 skipped because applied before: up to date/);
});

test('with --json stdout carries one document', async () => {
  const run = await checkout.run(['migrate', ...DATABASE, '--json']);
  expect(run.json()).toMatchObject({ kind: 'up-to-date', version: { tag: '0001_notes' } });
});

test.each([
  [['migrat'], /no command "migrat".*\n.*`lockstep migrate`/],
  [['migrate', '--bogus'], /Unknown option '--bogus'/],
  [['migrate', 'deploy'], /Prisma's `migrate deploy`.*\nRun `lockstep migrate`/],
  [['migration', 'repair', 'x'], /Supabase's `migration repair`.*\nRun `lockstep adopt`/],
])('wrong usage is told with what is meant: %j', async (argv, message) => {
  const run = await checkout.run(argv);
  expect(run.exitCode).toBe(EXIT.usage);
  expect(run.stderr).toMatch(message);
  expect(run.stderr).not.toMatch(/\n {4}at /);
});

test('an error with --json is problem JSON on stdout, and holds no password', async () => {
  const run = await checkout.run(['migrate', '--json', '--database', 'postgres://me:secret@127.0.0.1:9/x']);
  expect(run.exitCode).toBe(EXIT.failed);
  expect(run.json()).toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
  expect(run.stdout + run.stderr).not.toContain('secret');
});

test('E4: a production target shows its database, asks, and a no does nothing', async () => {
  const argv = ['migrate', ...DATABASE, '--production'];
  const declined = await checkout.run(argv, { answers: [false] });
  expect(declined.exitCode).toBe(EXIT.refused);
  expect(declined.stderr).toContain('Production: app.db (--production says so).');
  expect(declined.questions).toEqual(['Apply the pending migrations on app.db?']);
  expect((await checkout.run(argv)).stderr).toContain('CONFIRMATION_MISSING');
  expect((await checkout.run([...argv, '--yes'])).exitCode).toBe(EXIT.done);
  expect((await checkout.run(argv, { env: { CI: 'true' } })).exitCode).toBe(EXIT.done);
});
