import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LabFile, openReplayLab, type ReplayLab } from '../../testing/replay-lab.ts';

let lab: ReplayLab;
beforeAll(async () => {
  lab = await openReplayLab();
});
afterAll(() => lab.close());

interface Undoing {
  readonly statements: readonly string[] | null;
  readonly reasons: readonly string[];
  readonly lossy: readonly string[];
  readonly stash: readonly string[];
}

/** How the last of these migrations is undone. */
async function undo(...files: (string | LabFile)[]): Promise<Undoing> {
  const told = new Map<string, readonly string[]>();
  const migrations = await lab.compile(files, [], {
    downs: 'derive',
    onWithoutDown: (tag, reasons) => told.set(tag, reasons),
  });
  const last = migrations.at(-1);
  const items = (list: typeof last extends undefined ? never : NonNullable<typeof last>['stash']) =>
    (list ?? []).map(
      ({ from, columns }) => `${from.name}(${columns.map((column) => column.from).join(', ')})`,
    );
  return {
    statements: last?.down?.server.map(({ sql }) => sql.replaceAll(/\s+/g, ' ')) ?? null,
    reasons: told.get(last?.tag ?? '') ?? [],
    lossy: items(last?.down?.lossy),
    stash: items(last?.stash),
  };
}

const ITEMS = 'CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, size integer DEFAULT 3);';

describe('D3: what is generated', () => {
  test.each<[string, string, string[]]>([
    ['a table', 'CREATE TABLE notes (id integer PRIMARY KEY);', ['DROP TABLE "public"."notes"']],
    [
      'a dropped column comes back nullable, and gets its NOT NULL when the stash has been restored',
      'ALTER TABLE items DROP COLUMN name;',
      [
        'ALTER TABLE "public"."items" ADD COLUMN "name" text',
        'ALTER TABLE "public"."items" ALTER COLUMN "name" SET NOT NULL',
      ],
    ],
    [
      'a renamed column is renamed back, never dropped and made anew',
      'ALTER TABLE items RENAME COLUMN name TO title; ALTER TABLE items ADD COLUMN name integer;',
      [
        'ALTER TABLE "public"."items" DROP COLUMN "name"',
        'ALTER TABLE "public"."items" RENAME COLUMN "title" TO "name"',
      ],
    ],
    [
      'columns that changed places',
      'ALTER TABLE items RENAME name TO x; ALTER TABLE items RENAME size TO name; ALTER TABLE items RENAME x TO size;',
      [
        'ALTER TABLE "public"."items" RENAME COLUMN "size" TO "lockstep_undone_0"',
        'ALTER TABLE "public"."items" RENAME COLUMN "name" TO "size"',
        'ALTER TABLE "public"."items" RENAME COLUMN "lockstep_undone_0" TO "name"',
      ],
    ],
    [
      'a renamed table, whose key keeps its name',
      'ALTER TABLE items RENAME TO things; CREATE INDEX things_size ON things (size);',
      ['DROP INDEX "public"."things_size"', 'ALTER TABLE "public"."things" RENAME TO "items"'],
    ],
    [
      'an enum value: Postgres can only make the type anew',
      "ALTER TYPE level ADD VALUE 'mid' BEFORE 'high';",
      [
        'ALTER TYPE "public"."level" RENAME TO "lockstep_undone_level"',
        `CREATE TYPE "public"."level" AS ENUM ('low', 'high')`,
        'ALTER TABLE "public"."graded" ALTER COLUMN "level" DROP DEFAULT',
        'ALTER TABLE "public"."graded" ALTER COLUMN "level" SET DATA TYPE public.level USING "level"::text::public.level',
        `ALTER TABLE "public"."graded" ALTER COLUMN "level" SET DEFAULT 'low'::public.level`,
        'DROP TYPE "public"."lockstep_undone_level"',
      ],
    ],
    [
      'a function that was replaced gets its earlier text',
      "CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 2';",
      [
        'CREATE OR REPLACE FUNCTION public.one() RETURNS integer LANGUAGE sql AS $function$SELECT 1$function$',
      ],
    ],
    [
      'an index built outside of transactions goes inside of one',
      'CREATE INDEX CONCURRENTLY items_name ON items (name);',
      ['DROP INDEX "public"."items_name"'],
    ],
    [
      'a synced table that goes is not said to be synced no more: its epoch is kept by its name',
      'CREATE TABLE notes (id integer PRIMARY KEY); ALTER TABLE notes ENABLE ELECTRIC;',
      ['DROP TABLE "public"."notes"'],
    ],
    [
      'a synced table that comes back is synced again',
      'DROP TABLE synced;',
      [
        'CREATE TABLE "public"."synced" ( "id" integer NOT NULL )',
        'ALTER TABLE "public"."synced" ADD CONSTRAINT "synced_pkey" PRIMARY KEY (id)',
        'ALTER TABLE "public"."synced" ENABLE ELECTRIC',
      ],
    ],
    [
      'a table that became synced is so no more',
      'ALTER TABLE items ENABLE ELECTRIC;',
      ['ALTER TABLE "public"."items" DISABLE ELECTRIC'],
    ],
    [
      'what only a server has',
      'ALTER TABLE items ENABLE ROW LEVEL SECURITY; CREATE POLICY "a b" ON items USING (true); ALTER TABLE items ADD COLUMN x int;',
      [
        'DROP POLICY "a b" ON "public"."items"',
        'ALTER TABLE "public"."items" DROP COLUMN "x"',
        'ALTER TABLE "public"."items" DISABLE ROW LEVEL SECURITY',
      ],
    ],
    [
      'a backfill of a column that goes again',
      'ALTER TABLE items ADD COLUMN x int; UPDATE items SET x = size; ALTER TABLE items ALTER x SET NOT NULL;',
      ['ALTER TABLE "public"."items" DROP COLUMN "x"'],
    ],
  ])('%s', async (_what, sql, expected) => {
    const before = `${ITEMS} CREATE TYPE level AS ENUM ('low', 'high'); CREATE TABLE graded (id int, level level DEFAULT 'low');
      CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
      CREATE TABLE synced (id integer PRIMARY KEY); ALTER TABLE synced ENABLE ELECTRIC;`;
    const { statements, reasons } = await undo(before, sql);
    expect(reasons).toEqual([]);
    expect(statements).toEqual(expected);
  });

  test('a view in the way of a change is made anew, with the views upon it', async () => {
    const before = `${ITEMS} CREATE VIEW sizes AS SELECT size FROM items; CREATE VIEW large AS SELECT * FROM sizes WHERE size > 9;`;
    const { statements } = await undo(
      before,
      'DROP VIEW large; DROP VIEW sizes; ALTER TABLE items ALTER size TYPE bigint; CREATE VIEW sizes AS SELECT size FROM items;',
    );
    expect(statements?.[0]).toBe('DROP VIEW "public"."sizes"');
    expect(statements?.filter((sql) => sql.startsWith('CREATE VIEW'))).toHaveLength(2);
  });
});

describe('D3: what is not generated, and why', () => {
  test.each([
    ['UPDATE items SET size = 1;', 'it writes rows of items, and those stay'],
    ["INSERT INTO items VALUES (1, 'a');", 'it writes rows of items, and those stay'],
    ['GRANT SELECT ON items TO PUBLIC;', 'it says GRANT SELECT ON, which only a server has'],
    [
      'CREATE TABLE parts (id int) PARTITION BY LIST (id);',
      'it changes the relation public.parts, of which no down is generated',
    ],
    [
      "DO $$ BEGIN EXECUTE 'UPDATE items SET size = 1'; END $$;",
      'code that it runs (a trigger, a function or dynamic SQL) may write rows, and those stay',
    ],
  ])('%s', async (sql, reason) => {
    expect(await undo(ITEMS, sql)).toMatchObject({ statements: null, reasons: [reason] });
  });
});

test.each([
  "CREATE FUNCTION plus(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'; CREATE OPERATOR <+> (leftarg = integer, rightarg = integer, function = plus);",
  'CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);',
  'ALTER TABLE items SET (fillfactor = 70);',
])('D3: an inverse that leaves something behind is not taken for one: %s', async (sql) => {
  const { statements, reasons } = await undo(ITEMS, sql);
  expect(statements).toBeNull();
  expect(reasons[0]).toMatch(/inverse could not be/);
});

describe('D3: what is lost on the way, and kept in a stash', () => {
  test.each([
    ['ALTER TABLE items DROP COLUMN name;', ['items(name)'], []],
    ['DROP TABLE items;', ['items(id, name, size)'], []],
    ['ALTER TABLE items ADD COLUMN x int;', [], ['items(x)']],
    ['ALTER TABLE items ALTER size TYPE bigint;', [], ['items(size)']],
    ['ALTER TABLE items ALTER size TYPE smallint;', ['items(size)'], []],
    ['ALTER TABLE items ALTER name TYPE integer USING length(name);', ['items(name)'], ['items(name)']],
    ['ALTER TABLE items RENAME name TO title;', [], []],
  ])('%s', async (sql, stash, lossy) => {
    expect(await undo(ITEMS, sql)).toMatchObject({ stash, lossy });
  });
});

describe('D3: what somebody wrote wins, and is proven while compiling', () => {
  test('a right one', async () => {
    const down = '-- Mine.\nALTER TABLE items DROP x;';
    const { statements } = await undo(ITEMS, { sql: 'ALTER TABLE items ADD COLUMN x int;', down });
    expect(statements).toEqual(['ALTER TABLE items DROP x']);
  });

  test('published failure: SQL that misses columns after a table rename while the snapshot claims them (mirror #446) is a compile error with the difference', async () => {
    const up = 'ALTER TABLE items RENAME TO things; ALTER TABLE things ADD COLUMN note text;';
    const wrong = undo(ITEMS, { sql: up, down: 'ALTER TABLE things RENAME TO items;' });
    await expect(wrong).rejects.toMatchObject({ code: 'DOWN_WRONG', place: { file: 'down/0001_step.sql' } });
    await expect(wrong).rejects.toThrow(/unexpected column public\.items\.note/);
  });

  test('one that Postgres refuses', async () => {
    const wrong = undo(ITEMS, {
      sql: 'ALTER TABLE items ADD COLUMN x int;',
      down: 'ALTER TABLE items DROP y;',
    });
    await expect(wrong).rejects.toMatchObject({ code: 'DOWN_WRONG' });
  });
});
