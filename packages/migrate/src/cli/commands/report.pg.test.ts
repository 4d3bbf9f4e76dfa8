import { hostname, userInfo } from 'node:os';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, type CliRun, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = {
  tag: '0000_items',
  sql: `CREATE TABLE "items" ("name" text DEFAULT 'defaultsecret');\n--> statement-breakpoint\nINSERT INTO "items" VALUES ('rowsecret');`,
};
const NOTES = { tag: '0001_notes', sql: 'CREATE TABLE "notes" ("id" uuid PRIMARY KEY);' };

let checkout: CliCheckout;
let database: TestDatabase;
let url: URL;
beforeAll(async () => {
  checkout = await createCliCheckout([ITEMS, NOTES], "{ migrations: './drizzle', bundle: './bundle' }");
  database = await createTestDatabase('report');
  await database.query("CREATE ROLE report_usersecret LOGIN SUPERUSER PASSWORD 'passwordsecret'");
  url = new URL(database.url);
  url.username = 'report_usersecret';
  url.password = 'passwordsecret';
  await checkout.run(['compile']);
  await checkout.run(['migrate', '--to', '0', '--database', url.href]);
});
afterAll(async () => {
  await database.query('DROP OWNED BY report_usersecret CASCADE; DROP ROLE report_usersecret');
  await database.drop();
  await checkout.remove();
});

/** What must not be in a report: what identifies somebody, and what somebody wrote. */
const privates = () => [
  'rowsecret',
  'defaultsecret',
  url.hostname,
  `:${url.port}`,
  url.pathname.slice(1),
  hostname(),
  checkout.path,
  ...(userInfo().username === 'root' ? ['/root'] : [userInfo().username]),
  'usersecret',
  'passwordsecret',
];

const expectPrivate = ({ stdout, stderr }: CliRun) => {
  for (const secret of privates()) expect(stdout + stderr).not.toContain(secret);
};

test('C10: versions, migrations with their times, sizes, and no private data', async () => {
  const run = await checkout.run(['report', '--database', url.href]);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toMatch(/^node +\d+\.\d+\.\d+$/m);
  expect(run.stdout).toMatch(/^drizzle-orm +0\.\d+/m);
  expect(run.stdout).toMatch(/^engine +postgres \d\d/m);
  expect(run.stdout).toMatch(/^0000_items +applied +20\d\d-\S+Z +\d+ ms$/m);
  expect(run.stdout).toMatch(/^0001_notes +pending +- +-$/m);
  expect(run.stdout).toMatch(/^items +\d/m);
  expect(run.stdout).toMatch(/^drift +none$/m);
  expectPrivate(run);
});

test('C10: as JSON the same', async () => {
  const run = await checkout.run(['report', '--database', url.href, '--json']);
  expect(run.json()).toMatchObject({
    checkout: { migrations: 2, bundle: 'fresh' },
    database: { engine: 'postgres', state: 'pending', isBeingMigrated: false },
  });
  expectPrivate(run);
});

test('C10: drift is told by name', async () => {
  await database.query("ALTER TABLE items ADD COLUMN extra text DEFAULT 'defaultsecret'");
  const run = await checkout.run(['report', '--database', url.href]);
  expect(run.stdout).toMatch(/^drift +unexpected: column public\.items\.extra$/m);
  expectPrivate(run);
});

test('C10: an unreachable database is told by its code, without its name', async () => {
  const run = await checkout.run([
    'report',
    '--database',
    'postgres://somebody:passwordsecret@127.0.0.1:9/x',
  ]);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('It could not be opened: POSTGRES_UNREACHABLE.');
  expect(run.stdout + run.stderr).not.toMatch(/somebody|passwordsecret|127\.0\.0\.1/);
});
