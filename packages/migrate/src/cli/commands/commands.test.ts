import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = {
  tag: '0000_items',
  sql: 'CREATE TABLE "items" ("id" uuid PRIMARY KEY, "name" text NOT NULL);',
  down: 'DROP TABLE "items";',
};
const NOTES = { tag: '0001_notes', sql: 'CREATE TABLE "notes" ("id" uuid PRIMARY KEY);' };
const SEED = `export async function seed(db) {
  await db.exec("INSERT INTO items (id, name) SELECT gen_random_uuid(), 'first' WHERE NOT EXISTS (SELECT FROM items)");
  await db.exec("INSERT INTO notes (id) VALUES (gen_random_uuid())");
}
`;
const DATABASE = ['--database', 'file:app.db'];

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout(
    [ITEMS, NOTES],
    "{ migrations: './drizzle', bundle: './bundle', synced: ['items'], serverOnly: ['notes'], seed: './seed.ts' }",
  );
  await checkout.write('seed.ts', SEED);
});
afterAll(() => checkout.remove());

const count = async (table: string) => {
  const { open } = checkout;
  const { executor } = await open(join(checkout.path, 'app.db'));
  const [row] = await executor.query<{ n: string }>(`SELECT count(*)::text AS n FROM ${table}`);
  return Number(row?.n);
};

test('B9: before anything is done, status says so of files, bundle and database, and makes no directory', async () => {
  const run = await checkout.run(['status', ...DATABASE, '--check']);
  expect(run.exitCode).toBe(EXIT.found);
  expect(run.stdout).toMatch(/0000_items +no +missing +written +pending/);
  expect(run.stdout).toMatch(/0001_notes +- +missing +generated +pending/);
  expect(run.stdout).toContain('Not electrified: 0000_items.');
  expect(run.stdout).toContain('app.db: not made yet, 2 pending.');
});

test('compile writes the bundle, and then there is nothing to do', async () => {
  expect((await checkout.run(['compile'])).stdout).toContain('Written: ');
  const again = await checkout.run(['compile', '--check', '--json']);
  expect(again.json()).toMatchObject({ files: [], isStale: false });
});

test('settle wants an answer, and says when nobody asked', async () => {
  expect((await checkout.run(['settle', '0000_items', ...DATABASE])).exitCode).toBe(EXIT.usage);
  const run = await checkout.run(['settle', '0000_items', '--done', ...DATABASE]);
  expect(run.stdout).toContain('0000_items has no open question.');
  expect(run.exitCode).toBe(EXIT.found);
});

test('migrate --to goes so far and no further, and does not go back', async () => {
  const first = await checkout.run(['migrate', ...DATABASE, '--to', '0']);
  expect(first.stdout).toContain('1 run, 0 skipped');
  const second = await checkout.run(['migrate', ...DATABASE, '--to', '0001', '--no-seed', '--json']);
  expect(second.json()).toMatchObject({ skipped: 1, version: { tag: '0001_notes' }, seed: 'none' });
  const back = await checkout.run(['migrate', ...DATABASE, '--to', '0000_items']);
  expect(back.exitCode).toBe(EXIT.usage);
  expect(back.stderr).toContain('`lockstep rollback --to 0000_items`');
  expect((await checkout.run(['migrate', ...DATABASE, '--to', '9'])).stderr).toContain('no migration "9"');
});

test('C9: migrate seeds at its end, once; --force does it again', async () => {
  expect((await checkout.run(['migrate', ...DATABASE])).stdout).toContain('Seeded with ./seed.ts in');
  expect((await checkout.run(['migrate', ...DATABASE])).stdout).toContain(
    'Seeded with this ./seed.ts before',
  );
  expect((await checkout.run(['seed', ...DATABASE, '--json'])).json()).toMatchObject({ seed: 'before' });
  expect([await count('items'), await count('notes')]).toEqual([1, 1]);
  expect((await checkout.run(['seed', ...DATABASE, '--force'])).exitCode).toBe(EXIT.done);
  expect([await count('items'), await count('notes')]).toEqual([1, 2]);
});

test('C9: a changed seed runs again; one that throws is rolled back and named', async () => {
  await checkout.write('seed.ts', `${SEED}// changed\n`);
  expect((await checkout.run(['seed', ...DATABASE])).stdout).toContain('Seeded with ./seed.ts in');
  await checkout.write('seed.ts', SEED.replace('}\n', "  throw new Error('no such plan');\n}\n"));
  const failed = await checkout.run(['seed', ...DATABASE]);
  expect(failed.exitCode).toBe(EXIT.failed);
  expect(failed.stderr).toContain('SEED_FAILED: The seed failed and was rolled back: no such plan');
  expect(await count('notes')).toBe(3);
  await checkout.write('seed.ts', SEED);
});

test('published failure: a seed meant for local is refused on production (Resend 2024-02-21)', async () => {
  const seed = await checkout.run(['seed', ...DATABASE, '--production', '--yes']);
  expect(seed.exitCode).toBe(EXIT.refused);
  expect(seed.stderr).toContain('PRODUCTION_REFUSED');
  const migrate = await checkout.run(['migrate', ...DATABASE, '--production', '--yes', '--json']);
  expect(migrate.json()).toMatchObject({ seed: 'skipped' });
});

test('B9: status shows times, an edited file, what the checkout lacks, and an unreachable remote', async () => {
  await checkout.write('.env.production', 'PGHOST=127.0.0.1\nPGPORT=9\nPGPASSWORD=secret\nPGDATABASE=app\n');
  await checkout.migrations([{ ...ITEMS, sql: `${ITEMS.sql}\n-- edited` }]);
  rmSync(join(checkout.path, 'drizzle', '0001_notes.sql'));
  const run = await checkout.run(['status', ...DATABASE]);
  expect(run.stdout).toMatch(/0000_items .* edited after it was applied +unreachable/);
  expect(run.stdout).toContain("1 migration that this checkout doesn't have (0001_notes)");
  expect(run.stdout).toMatch(/remote: 127.0.0.1:9\/app: POSTGRES_UNREACHABLE/);
  expect(run.stdout + run.stderr).not.toContain('secret');
  const json = (await checkout.run(['status', ...DATABASE, '--json'])).json();
  expect(json).toMatchObject({ isClean: false, databases: [{ kind: 'diverged' }, { kind: 'unreachable' }] });
});
