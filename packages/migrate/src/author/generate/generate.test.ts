import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  type PgColumnBuilderBase,
  pgEnum,
  pgMaterializedView,
  pgPolicy,
  pgRole,
  pgSchema,
  pgSequence,
  pgTable,
  pgView,
  text,
} from 'drizzle-orm/pg-core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type GenerateOptions, type GenerateResult, generate, ungeneratedChanges } from './generate.ts';
import type { Snapshot } from './snapshot.ts';
import { verifyGenerated } from './verify.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-generate-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

type Schema = GenerateOptions['schema'];

const run = (schema: Schema, options: Partial<GenerateOptions> = {}) =>
  generate({ folder, schema, name: 'next', verify: false, ...options });

const flagsOf = (result: GenerateResult) =>
  result.kind === 'undecided' ? result.questions.map(({ flags }) => flags) : result.kind;

const statementsOf = (result: GenerateResult) =>
  result.kind === 'generated' ? result.statements.map((statement) => statement.trim()) : result.kind;

const items = (columns: Readonly<Record<string, PgColumnBuilderBase>>) => ({
  items: pgTable('items', { id: integer('id').primaryKey(), ...columns }),
});

async function readTree(): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.\w+$/.test(name)).toSorted();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  ) as Record<string, string>;
}

test('B2: writes SQL, snapshot and journal as drizzle-kit does; again it finds nothing to do', async () => {
  const schema = items({ name: text('name').notNull(), note: text('note') });
  const notes = pgTable('notes', { id: integer('id').primaryKey() });
  const result = await run({ ...schema, notes }, { name: 'first', now: () => 1000 });
  expect(result).toMatchObject({ kind: 'generated', tag: '0000_first' });
  const tree = await readTree();
  expect(Object.keys(tree)).toEqual(['0000_first.sql', 'meta/0000_snapshot.json', 'meta/_journal.json']);
  expect(tree['0000_first.sql']).toBe(
    'CREATE TABLE "items" (\n\t"id" integer PRIMARY KEY NOT NULL,\n\t"name" text NOT NULL,\n\t"note" text\n);\n--> statement-breakpoint\nCREATE TABLE "notes" (\n\t"id" integer PRIMARY KEY NOT NULL\n);\n',
  );
  expect(JSON.parse(tree['meta/_journal.json'] ?? '')).toEqual({
    version: '7',
    dialect: 'postgresql',
    entries: [{ idx: 0, version: '7', when: 1000, tag: '0000_first', breakpoints: true }],
  });
  expect(await run({ ...schema, notes })).toEqual({ kind: 'unchanged' });
  expect(await ungeneratedChanges({ folder, schema })).toEqual(['tables public.notes']);
});

test('the journal\'s "when" grows, whatever the clock says, and snapshots form a chain', async () => {
  await run(items({}), { now: () => 5000 });
  await run(items({ name: text('name') }), { now: () => 10 });
  const tree = await readTree();
  const { entries } = JSON.parse(tree['meta/_journal.json'] ?? '') as { entries: { when: number }[] };
  expect(entries.map(({ when }) => when)).toEqual([5000, 5001]);
  const first = JSON.parse(tree['meta/0000_snapshot.json'] ?? '') as { id: string };
  expect(JSON.parse(tree['meta/0001_snapshot.json'] ?? '')).toMatchObject({ prevId: first.id });
});

test('published failure: a rename without a terminal is neither guessed nor lost with exit 0 (create+drop)', async () => {
  await run(items({ name: text('name'), old: text('old') }));
  const next = items({ title: text('title') });
  const before = await readTree();
  expect(flagsOf(await run(next))).toEqual([
    ['--rename items.name=items.title', '--drop items.name'],
    ['--rename items.old=items.title', '--drop items.old'],
  ]);
  // The other half is still open: what isn't named is not dropped.
  expect(flagsOf(await run(next, { hints: { rename: ['items.name=items.title'] } }))).toEqual([
    ['--drop items.old'],
  ]);
  expect(flagsOf(await run(next, { hints: { create: ['items.title'] } }))).toEqual([
    ['--drop items.name'],
    ['--drop items.old'],
  ]);
  expect(await readTree()).toEqual(before);
  const decided = { rename: ['items.name=items.title'], drop: ['items.old'] };
  expect(statementsOf(await run(next, { hints: decided }))).toEqual([
    'ALTER TABLE "items" RENAME COLUMN "name" TO "title";',
    'ALTER TABLE "items" DROP COLUMN "old";',
  ]);
});

test('drop and create of the same kind is written when it is said', async () => {
  await run(items({ name: text('name') }));
  const result = await run(items({ title: text('title') }), { hints: { drop: ['public.items.name'] } });
  expect(statementsOf(result)).toEqual([
    'ALTER TABLE "items" ADD COLUMN "title" text;',
    'ALTER TABLE "items" DROP COLUMN "name";',
  ]);
});

test('a flag that names nothing is an error, and nothing is written', async () => {
  await run(items({ name: text('name') }));
  const failure = run(items({ title: text('title') }), {
    hints: { rename: ['items.name=title'], drop: ['items.nam'] },
  });
  await expect(failure).rejects.toMatchObject({
    code: 'GENERATE_HINT_UNKNOWN',
    message: expect.stringContaining('--drop items.nam'),
    remedy: expect.stringContaining('column items.name'),
  });
  await expect(run(items({}), { hints: { rename: ['items.name'] } })).rejects.toThrow('FROM=TO');
});

test('a person at a terminal is asked, one thing at a time', async () => {
  await run(items({ name: text('name'), old: text('old') }));
  const asked: string[] = [];
  const result = await run(items({ title: text('title') }), {
    ask: async ({ dropped, candidates }) => {
      asked.push(`${dropped.name}: ${candidates.map(({ name }) => name).join()}`);
      const [to] = candidates;
      return dropped.name === 'name' && to !== undefined ? { kind: 'rename', to } : { kind: 'drop' };
    },
  });
  expect(asked).toEqual(['name: title', 'old: ']);
  expect(statementsOf(result)).toHaveLength(2);
});

test('an index and a check follow a renamed column without being made anew', async () => {
  const table = (name: string) => ({
    items: pgTable('items', { id: integer('id').primaryKey(), name: text(name).notNull() }, (t) => [
      check('items_name_length', sql`char_length(${t.name}) > 0`),
      index('items_name').on(t.name),
    ]),
  });
  await run(table('name'));
  const result = await run(table('title'), { hints: { rename: ['items.name=items.title'] } });
  expect(statementsOf(result)).toEqual(['ALTER TABLE "items" RENAME COLUMN "name" TO "title";']);
  expect(await run(table('title'))).toEqual({ kind: 'unchanged' });
});

test('every kind that drizzle-kit tells apart can be renamed', async () => {
  const state = (name: string) => pgEnum(name, ['open', 'done']);
  const old = state('state');
  const fresh = state('status');
  const columns = { id: integer('id').primaryKey() };
  const policy = (name: string) => pgPolicy(name, { for: 'select', using: sql`true` });
  await run({
    old,
    app: pgSchema('app'),
    things: pgSchema('app').table('things', { ...columns, state: old('state') }),
    items: pgTable('items', columns, () => [policy('all')]),
    numbers: pgSequence('numbers'),
    reader: pgRole('reader'),
    view: pgView('first', columns).as(sql`select 1 as id`),
    heavy: pgMaterializedView('heavy', columns).as(sql`select 1 as id`),
  });
  const next = {
    fresh,
    app: pgSchema('shop'),
    things: pgSchema('shop').table('goods', { ...columns, state: fresh('state') }),
    items: pgTable('items', columns, () => [policy('everybody')]),
    numbers: pgSequence('counts'),
    reader: pgRole('guest'),
    view: pgView('second', columns).as(sql`select 1 as id`),
    heavy: pgMaterializedView('heavier', columns).as(sql`select 1 as id`),
  };
  expect(flagsOf(await run(next))).toContainEqual(['--rename schema:app=schema:shop', '--drop schema:app']);
  const rename = [
    'app=shop',
    'enum:state=enum:status',
    'numbers=counts',
    'reader=guest',
    'app.things=shop.goods',
  ];
  const views = ['first=second', 'heavy=heavier'];
  const result = await run(next, { hints: { rename: [...rename, ...views, 'items.all=items.everybody'] } });
  expect(statementsOf(result)).toEqual([
    'ALTER SCHEMA "app" RENAME TO "shop";',
    'ALTER TYPE "public"."state" RENAME TO "status";',
    'ALTER SEQUENCE "public"."numbers" RENAME TO "counts";',
    'ALTER ROLE "reader" RENAME TO "guest";',
    'ALTER TABLE "shop"."things" RENAME TO "goods";',
    'ALTER POLICY "all" ON "items" RENAME TO "everybody";',
    'ALTER VIEW "public"."first" RENAME TO "second";',
    'ALTER MATERIALIZED VIEW "public"."heavy" RENAME TO "heavier";',
  ]);
});

test('--custom writes an empty file whose snapshot is the one before', async () => {
  await run(items({}));
  const result = await run({}, { custom: true, name: 'by_hand' });
  expect(result).toMatchObject({ kind: 'generated', tag: '0001_by_hand' });
  const tree = await readTree();
  expect(tree['0001_by_hand.sql']).toBe('-- Custom SQL migration file, put your code below! --');
  expect(await run(items({}))).toEqual({ kind: 'unchanged' });
});

test('a schema module without tables is refused instead of every table being dropped', async () => {
  await run(items({}));
  await expect(run({})).rejects.toMatchObject({ code: 'GENERATE_FAILED' });
});

test('published failure: a snapshot that a merge damaged is named (drizzle #5774)', async () => {
  await run(items({}));
  await rm(join(folder, 'meta/0000_snapshot.json'));
  await expect(run(items({}))).rejects.toMatchObject({
    code: 'SNAPSHOT_INVALID',
    place: { file: expect.stringContaining('0000_snapshot.json') },
  });
});

test('published failure: a table rename with new columns, moved to another schema, loses none (drizzle mirror #446)', async () => {
  await run(items({ name: text('name') }));
  const app = pgSchema('app');
  const things = app.table('things', {
    id: integer('id').primaryKey(),
    title: text('title'),
    extra: integer('extra').notNull().default(0),
  });
  const result = await run(
    { app, things },
    { verify: true, hints: { rename: ['items=app.things', 'items.name=app.things.title'] } },
  );
  expect(statementsOf(result)).toEqual([
    'CREATE SCHEMA "app";',
    'ALTER TABLE "public"."items" SET SCHEMA "app";',
    'ALTER TABLE "app"."items" RENAME TO "things";',
    'ALTER TABLE "app"."things" RENAME COLUMN "name" TO "title";',
    'ALTER TABLE "app"."things" ADD COLUMN "extra" integer DEFAULT 0 NOT NULL;',
  ]);
  expect(result).toMatchObject({ isVerified: true });
});

test('the replay catches SQL that does not lead to what the snapshot claims (control)', async () => {
  await run(items({ name: text('name').notNull(), note: text('note') }));
  const snapshot = JSON.parse((await readTree())['meta/0000_snapshot.json'] ?? '') as Snapshot;
  const wrong = { file: 'wrong.sql', sql: 'CREATE TABLE items (id integer PRIMARY KEY, name text);' };
  expect(await verifyGenerated([], wrong, snapshot)).toEqual([
    'public.items.name can be null',
    'public.items.note is missing',
  ]);
});
