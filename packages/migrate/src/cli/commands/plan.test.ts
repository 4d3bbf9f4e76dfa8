import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = {
  tag: '0000_items',
  sql: 'CREATE TABLE "items" ("id" integer PRIMARY KEY, "name" varchar(40), "note" text);\n--> statement-breakpoint\nALTER TABLE "items" ENABLE ELECTRIC;',
};
const CHANGE = {
  tag: '0001_change',
  sql: `ALTER TABLE "items" ALTER COLUMN "id" SET DATA TYPE bigint;
--> statement-breakpoint
ALTER TABLE "items" DROP COLUMN "note";
--> statement-breakpoint
UPDATE "items" SET "name" = upper("name");`,
};
const DATABASE = ['--database', 'file:app.db'];

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([ITEMS], "{ migrations: './drizzle', synced: ['items'] }");
});
afterAll(() => checkout.remove());

test('plan of an empty database says what is not there yet', async () => {
  const run = await checkout.run(['plan', ...DATABASE, '--check']);
  expect(run.exitCode).toBe(EXIT.found);
  expect(run.stdout).toContain('clients load items: the table is new');
  expect(run.stdout).toContain('1 pending');
});

test('plan tells rows, bytes, WAL, what clients load again and what is stashed, and changes nothing', async () => {
  await checkout.run(['migrate', ...DATABASE]);
  expect((await checkout.run(['plan', ...DATABASE])).stdout).toContain('Nothing is pending.');
  const { executor } = await checkout.open(join(checkout.path, 'app.db'));
  await executor.exec("INSERT INTO items SELECT n, 'x', 'y' FROM generate_series(1, 1000) n");
  await checkout.migrations([ITEMS, CHANGE]);
  const run = await checkout.run(['plan', ...DATABASE]);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toMatch(
    /items rewritten \(ACCESS EXCLUSIVE\): 1,000 rows, [\d.]+ kB \+ [\d.]+ kB of indexes; .*of WAL/,
  );
  expect(run.stdout).toContain('clients load items again: id becomes bigint');
  expect(run.stdout).toContain('kept in a stash for the way back: items.note');
  const json = (await checkout.run(['plan', ...DATABASE, '--json'])).json();
  expect(json).toMatchObject({
    kind: 'pending',
    holders: [],
    migrations: [
      {
        tag: '0001_change',
        statements: [
          {
            number: 1,
            effects: [{ relation: 'public.items', work: 'rewrite', size: { rows: 1000, isExact: true } }],
          },
          { number: 2, effects: [{ work: null }] },
          { number: 3, effects: [{ lock: 'ROW EXCLUSIVE', work: 'scan' }] },
        ],
      },
    ],
  });
  const [row] = await executor.query<{ n: string }>('SELECT count(note)::text AS n FROM items');
  expect(row?.n).toBe('1000');
});
