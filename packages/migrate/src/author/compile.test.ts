import type { Change, Migration } from '@lockstep/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReplayLab, type ReplayLab } from '../testing/replay-lab.ts';
import { sha256 as sha } from './journal-migration.ts';

let lab: ReplayLab;
beforeAll(async () => {
  lab = await openReplayLab();
});
afterAll(() => lab.close());

const BASE = `CREATE TYPE level AS ENUM ('low', 'high');
CREATE TABLE secrets (id int PRIMARY KEY);
CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL DEFAULT 'x', level level, secret int REFERENCES secrets);
ALTER TABLE items ENABLE ELECTRIC;`;

async function step(sql: string, base = BASE): Promise<Migration> {
  const migration = (await lab.compile([base, sql]))[1];
  if (migration === undefined) throw new Error('not compiled');
  return migration;
}

const alter = (action: string) => `ALTER TABLE "public"."items" ${action}`;
const added = (column: string, rowsDiffer: boolean): Change => ({
  kind: 'add-column',
  table: 'items',
  column,
  rowsDiffer,
});

describe('decision 4: the replica of a new synced table', () => {
  test('has columns, types, key, constant defaults and plain indexes, and enforces nothing', async () => {
    const [migration] = await lab.compile([
      `${BASE}
      CREATE DOMAIN short AS varchar(5) NOT NULL CHECK (VALUE <> '');
      CREATE FUNCTION loud(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
      CREATE TABLE app_notes (
        item int NOT NULL REFERENCES items, n int GENERATED ALWAYS AS IDENTITY, code short, codes short[],
        made timestamptz DEFAULT now(), serial serial, tags text[] DEFAULT '{}', levels level[] DEFAULT ARRAY['low'::level],
        double int GENERATED ALWAYS AS (item * 2) STORED, CHECK (item > 0), PRIMARY KEY (n, item), UNIQUE NULLS NOT DISTINCT (code)
      );
      CREATE INDEX loud_codes ON app_notes (loud(code));
      CREATE UNIQUE INDEX lower_codes ON app_notes (lower(code)) WHERE item > 3;
      ALTER TABLE app_notes ENABLE ELECTRIC;`,
    ]);
    expect(migration?.replica.statements).toEqual([
      `CREATE TYPE "public"."level" AS ENUM ('low', 'high')`,
      `CREATE TABLE "public"."app_notes" (
  "item" integer,
  "n" integer,
  "code" character varying(5),
  "codes" character varying(5)[],
  "made" timestamp with time zone,
  "serial" integer,
  "tags" text[] DEFAULT '{}'::text[],
  "levels" public.level[] DEFAULT ARRAY['low'::public.level],
  "double" integer,
  CONSTRAINT "app_notes_pkey" PRIMARY KEY ("n", "item")
)`,
      'CREATE INDEX app_notes_code_key ON public.app_notes USING btree (code)',
      'CREATE INDEX lower_codes ON public.app_notes USING btree (lower((code)::text)) WHERE (item > 3)',
      `CREATE TABLE "public"."items" (
  "id" integer,
  "name" text DEFAULT 'x'::text,
  "level" public.level,
  "secret" integer,
  CONSTRAINT "items_pkey" PRIMARY KEY ("id")
)`,
    ]);
    expect(migration?.footprint).toEqual([
      { kind: 'create-table', table: 'app_notes' },
      { kind: 'create-table', table: 'items' },
    ]);
    expect(migration?.schema.types).toEqual([{ schema: 'public', name: 'level', labels: ['low', 'high'] }]);
    const [notes] = migration?.schema.tables ?? [];
    expect(notes?.columns.find(({ name }) => name === 'code')).toEqual({
      name: 'code',
      type: 'character varying(5)',
      notNull: true,
      keyIndex: null,
      default: null,
      generated: false,
    });
    expect(
      notes?.columns.flatMap(({ name, keyIndex }) => (keyIndex === null ? [] : [[name, keyIndex]])),
    ).toEqual([
      ['item', 1],
      ['n', 0],
    ]);
    expect(notes?.constraints.map(({ kind, columns }) => [kind, columns])).toEqual([
      ['unique', ['code']],
      ['check', ['item']],
      ['foreign-key', ['item']],
    ]);
  });

  test('comes when an older table is electrified, and goes when it no longer is', async () => {
    const [, enabled, disabled] = await lab.compile([
      BASE,
      'ALTER TABLE secrets ENABLE ELECTRIC;',
      'ALTER TABLE items DISABLE ELECTRIC; ALTER TABLE IF EXISTS gone ENABLE ELECTRIC;',
    ]);
    expect(enabled?.footprint).toEqual([{ kind: 'create-table', table: 'secrets' }]);
    expect(disabled?.footprint).toEqual([{ kind: 'drop-table', table: 'items' }]);
    expect(disabled?.replica.statements).toEqual([
      'DROP TABLE "public"."items"',
      'DROP TYPE "public"."level"',
    ]);
  });
});

describe('A8 an added column says whether existing rows must be fetched', () => {
  test.each([
    ['ADD COLUMN n int', false, ['ADD COLUMN "n" integer']],
    ['ADD COLUMN n int DEFAULT 7', false, ['ADD COLUMN "n" integer DEFAULT 7']],
    [
      `ADD COLUMN n level NOT NULL DEFAULT 'low'`,
      false,
      [`ADD COLUMN "n" public.level DEFAULT 'low'::public.level`],
    ],
    ['ADD COLUMN n timestamptz DEFAULT now()', true, ['ADD COLUMN "n" timestamp with time zone']],
    ['ADD COLUMN n uuid DEFAULT gen_random_uuid()', true, ['ADD COLUMN "n" uuid']],
    ['ADD COLUMN n serial', true, ['ADD COLUMN "n" integer']],
    ['ADD COLUMN n int GENERATED BY DEFAULT AS IDENTITY', true, ['ADD COLUMN "n" integer']],
    ['ADD COLUMN n int GENERATED ALWAYS AS (id + 1) STORED', true, ['ADD COLUMN "n" integer']],
  ])('%s: %s', async (action, rowsDiffer, statements) => {
    const migration = await step(`ALTER TABLE items ${action}`);
    expect(migration.footprint).toEqual([added('n', rowsDiffer)]);
    expect(migration.replica.statements).toEqual(statements.map(alter));
  });

  test('a default that came or went later in the migration does not fill, or keeps what it filled', async () => {
    const late = await step('ALTER TABLE items ADD n int; ALTER TABLE items ALTER n SET DEFAULT 3');
    expect(late.footprint).toEqual([added('n', false)]);
    expect(late.replica.statements).toEqual([
      alter('ADD COLUMN "n" integer'),
      alter('ALTER COLUMN "n" SET DEFAULT 3'),
    ]);

    const gone = await step('ALTER TABLE items ADD n int DEFAULT 3; ALTER TABLE items ALTER n DROP DEFAULT');
    expect(gone.footprint).toEqual([added('n', false)]);
    expect(gone.replica.statements).toEqual([
      alter('ADD COLUMN "n" integer DEFAULT 3'),
      alter('ALTER COLUMN "n" DROP DEFAULT'),
    ]);
  });

  test.each([
    ['DML', 'UPDATE items SET n = id'],
    ['DML in a CTE', 'WITH x AS (UPDATE items SET n = 1 RETURNING id) SELECT * FROM x'],
    ['a DO block', 'DO $$ BEGIN UPDATE items SET n = 1; END $$'],
    ['a DO block with dynamic SQL', `DO $$ BEGIN EXECUTE 'UPDATE ' || 'items SET n = 1'; END $$`],
    [
      'a cascade',
      'ALTER TABLE items ADD FOREIGN KEY (n) REFERENCES secrets ON DELETE SET NULL; DELETE FROM secrets',
    ],
    [
      'a function',
      `CREATE FUNCTION fill() RETURNS void LANGUAGE sql AS 'UPDATE items SET n = 2'; SELECT fill()`,
    ],
    [
      'a trigger',
      `CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE items SET n = 1; RETURN NEW; END $$;
       CREATE TRIGGER t AFTER INSERT ON secrets FOR EACH ROW EXECUTE FUNCTION t(); INSERT INTO secrets VALUES (1)`,
    ],
  ])('%s makes rows differ', async (_name, sql) => {
    const migration = await step(`ALTER TABLE items ADD COLUMN n int DEFAULT 7; ${sql}`);
    expect(migration.footprint).toContainEqual(added('n', true));
    expect(migration.replica.statements).toEqual([alter('ADD COLUMN "n" integer DEFAULT 7')]);
  });

  test.each([
    ['DML on another table', 'INSERT INTO secrets VALUES (1)'],
    [
      'a DO block that guards a constraint',
      `DO $$ BEGIN ALTER TABLE items ADD FOREIGN KEY (n) REFERENCES secrets ON DELETE CASCADE;
       EXCEPTION WHEN duplicate_object THEN null; END $$`,
    ],
    [
      'a function that is only made',
      `CREATE FUNCTION fill() RETURNS void LANGUAGE sql AS 'UPDATE items SET n = 2'`,
    ],
  ])('%s does not', async (_name, sql) => {
    const migration = await step(`ALTER TABLE items ADD COLUMN n int DEFAULT 7; ${sql}`);
    expect(migration.footprint).toContainEqual(added('n', false));
  });

  test('a column added inside a DO block is seen too', async () => {
    const migration = await step('DO $$ BEGIN ALTER TABLE items ADD COLUMN n int DEFAULT 7; END $$');
    expect(migration.footprint).toEqual([added('n', false)]);
  });
});

describe('changes of tables and columns', () => {
  test('a rename is no drop and add, and names swapped are swapped', async () => {
    const migration = await step(
      'ALTER TABLE items RENAME name TO title; ALTER TABLE items RENAME id TO name; ALTER TABLE items RENAME title TO id; ALTER TABLE items RENAME TO things',
    );
    expect(migration.footprint).toEqual([
      { kind: 'rename-table', table: 'items', to: 'things' },
      { kind: 'rename-column', table: 'items', column: 'id', to: 'name' },
      { kind: 'rename-column', table: 'items', column: 'name', to: 'id' },
    ]);
    expect(migration.replica.statements).toEqual([
      'ALTER TABLE "public"."items" RENAME TO "things"',
      'ALTER TABLE "public"."things" RENAME COLUMN "id" TO "__lockstep_1"',
      'ALTER TABLE "public"."things" RENAME COLUMN "name" TO "__lockstep_2"',
      'ALTER TABLE "public"."things" RENAME COLUMN "__lockstep_1" TO "name"',
      'ALTER TABLE "public"."things" RENAME COLUMN "__lockstep_2" TO "id"',
    ]);
  });

  test('a column dropped and added under its name is another column', async () => {
    const migration = await step('ALTER TABLE items DROP name, ADD name text');
    expect(migration.footprint).toEqual([
      { kind: 'drop-column', table: 'items', column: 'name' },
      added('name', false),
    ]);
    expect(migration.replica.statements).toEqual([
      alter('DROP COLUMN "name"'),
      alter('ADD COLUMN "name" text'),
    ]);
  });

  test('a type is converted, and a value that the new one does not take waits for the server', async () => {
    const migration = await step(
      'ALTER TABLE items ALTER id TYPE bigint, ALTER name DROP DEFAULT, ALTER name TYPE int USING length(name)',
    );
    expect(migration.footprint).toEqual([
      { kind: 'alter-type', table: 'items', column: 'id', from: 'integer', to: 'bigint' },
      { kind: 'alter-type', table: 'items', column: 'name', from: 'text', to: 'integer' },
      { kind: 'alter-default', table: 'items', column: 'name' },
    ]);
    expect(migration.replica.statements).toEqual([
      alter('ALTER COLUMN "id" TYPE bigint USING "id"::bigint'),
      alter('ALTER COLUMN "name" DROP DEFAULT'),
      alter(
        `ALTER COLUMN "name" TYPE integer USING CASE WHEN pg_input_is_valid("name"::text, 'integer') THEN "name"::text::integer END`,
      ),
    ]);
  });

  test('what only the server enforces is in the footprint and not in the statements', async () => {
    const migration = await step(
      'ALTER TABLE items ALTER name DROP NOT NULL; ALTER TABLE items ADD CHECK (id > 0); ALTER TABLE items ALTER id SET DEFAULT random()',
    );
    expect(migration.footprint).toEqual([
      { kind: 'alter-default', table: 'items', column: 'id' },
      { kind: 'alter-nullability', table: 'items', column: 'name', notNull: false },
      { kind: 'alter-constraints', table: 'items' },
    ]);
    expect(migration.replica.statements).toEqual([]);
  });

  test('another key empties the table: its rows come anew', async () => {
    const migration = await step(
      'ALTER TABLE items DROP CONSTRAINT items_pkey; ALTER TABLE items ADD CONSTRAINT items_key PRIMARY KEY (id, name)',
    );
    expect(migration.footprint).toEqual([{ kind: 'alter-key', table: 'items' }]);
    expect(migration.replica.statements).toEqual([
      'TRUNCATE "public"."items"',
      alter('DROP CONSTRAINT "items_pkey"'),
      alter('ALTER COLUMN "id" DROP NOT NULL'),
      alter('ADD CONSTRAINT "items_key" PRIMARY KEY ("id", "name")'),
    ]);
  });

  test('enum labels are added and renamed in place', async () => {
    const migration = await step(
      `ALTER TYPE level ADD VALUE 'middle' BEFORE 'high'; ALTER TYPE level ADD VALUE 'lowest' BEFORE 'low'; ALTER TYPE level RENAME VALUE 'high' TO 'it''s high'`,
    );
    expect(migration.footprint).toEqual([
      { kind: 'alter-enum', type: 'level', added: ['lowest', 'middle', "it's high"], removed: ['high'] },
    ]);
    expect(migration.replica.statements).toEqual([
      `ALTER TYPE "public"."level" RENAME VALUE 'high' TO 'it''s high'`,
      `ALTER TYPE "public"."level" ADD VALUE 'lowest' BEFORE 'low'`,
      `ALTER TYPE "public"."level" ADD VALUE 'middle' AFTER 'low'`,
    ]);
  });

  test('an enum made anew replaces the old one without losing what both know', async () => {
    const migration = await step(
      `ALTER TABLE items ALTER level TYPE text; DROP TYPE level; CREATE TYPE level AS ENUM ('high', 'top');
       UPDATE items SET level = 'high' WHERE level = 'low'; ALTER TABLE items ALTER level TYPE level USING level::level`,
    );
    expect(migration.footprint).toEqual([
      { kind: 'alter-enum', type: 'level', added: ['top'], removed: ['low'] },
      { kind: 'write-rows', table: 'items' },
    ]);
    expect(migration.replica.statements).toEqual([
      'ALTER TYPE "public"."level" RENAME TO "level__replaced"',
      `CREATE TYPE "public"."level" AS ENUM ('high', 'top')`,
      alter(
        `ALTER COLUMN "level" TYPE public.level USING CASE WHEN pg_input_is_valid("level"::text, 'public.level') THEN "level"::text::public.level END`,
      ),
      'DROP TYPE "public"."level__replaced"',
    ]);
  });
});

describe('the targets of one text', () => {
  test('the server gets the file, an embedded database the plain form, a replica neither', async () => {
    const sql = `CREATE ROLE reader;
GRANT SELECT ON items TO reader;
INSERT INTO items (id) VALUES (1); -- é
CREATE INDEX CONCURRENTLY by_name ON items (name);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END; $$;
CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION f()`;
    const migration = await step(sql);
    expect(migration.server.map(({ sql, transactional }) => [sql, transactional])).toEqual(
      sql
        .replace(' -- é', '')
        .split(/;\n/)
        .map((text) => [text, !text.includes('CONCURRENTLY')]),
    );
    expect(migration.server[3]).toMatchObject({ line: 4, column: 1, start: sql.indexOf('CREATE INDEX') });
    expect(migration.embedded.map((statement) => statement.sql)).toEqual(
      sql.replace(' -- é', '').replace('CONCURRENTLY ', '').split(/;\n/).slice(2),
    );
    expect(migration.replica.statements).toEqual(['CREATE INDEX by_name ON public.items USING btree (name)']);
    expect(migration.footprint).toEqual([{ kind: 'write-rows', table: 'items' }]);
  });
});

test('a new enum value is used in a later step of the same file, for a server and for an embedded database', async () => {
  const sql = `SET search_path = public;
ALTER TYPE level ADD VALUE 'top';
INSERT INTO items (id, level) VALUES (1, 'top')`;
  const migration = await step(sql);
  for (const statements of [migration.server, migration.embedded]) {
    expect(statements.map(({ step, line }) => [step, line])).toEqual([
      [0, 1],
      [0, 2],
      [1, 1],
      [1, 3],
    ]);
  }
  expect(migration.footprint).toMatchObject([{ kind: 'alter-enum', added: ['top'] }, { kind: 'write-rows' }]);
});

describe('C5 errors say where', () => {
  test.each([
    ['CREATE TABLE a (id int);\n\nSELEC 1', 'MIGRATION_SYNTAX', 3, 1],
    ['SELECT 1;\n  ALTER TABLE nowhere\n ADD x int', 'MIGRATION_SYNTAX', 2, 3],
    ['SELECT 1;\nCREATE TABLE v (x vector(3))', 'REPLICA_UNSUPPORTED', 2, 19],
    ['COPY items FROM STDIN', 'REPLICA_UNSUPPORTED', 1, 1],
    ['SELECT 1;\nALTER TABLE itmes ENABLE ELECTRIC', 'ELECTRIFY_UNKNOWN_TABLE', 2, 1],
    ['CREATE TABLE a (id int);\nALTER TABLE a ENABLE ELECTRIC', 'ELECTRIFY_NO_KEY', 2, 1],
    [
      'CREATE TYPE pair AS (a int, b int);CREATE TABLE a (id int PRIMARY KEY, p pair);\nALTER TABLE a ENABLE ELECTRIC',
      'REPLICA_UNSUPPORTED',
      2,
      1,
    ],
  ])('%s', async (sql, code, line, column) => {
    await expect(lab.compile([BASE, sql])).rejects.toMatchObject({
      code,
      place: { file: '0001_step.sql', line, column },
    });
  });
});

describe('what was compiled before', () => {
  const files = [BASE, 'ALTER TABLE items ADD n int'];

  test('pins its replica statements', async () => {
    const before = await lab.compile(files);
    const older = {
      ...(before[1] as Migration),
      replica: { statements: ['SELECT 1'], hash: sha('SELECT 1') },
    };
    const again = await lab.compile(files, [before[0] as Migration, older]);
    expect(again[1]?.replica).toEqual(older.replica);
    const edited = await lab.compile([BASE, `${files[1]} DEFAULT 2`], [before[0] as Migration, older]);
    expect(edited[1]?.replica.statements).toEqual([alter('ADD COLUMN "n" integer DEFAULT 2')]);
  });

  test('must belong to this history, and have its hash', async () => {
    const before = await lab.compile(files);
    await expect(lab.compile([`${BASE} `, files[1] as string], before)).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
      message: expect.stringContaining('0001_step is unchanged'),
    });
    const forged = before.map((migration) => ({
      ...migration,
      replica: { ...migration.replica, statements: ['DROP TABLE items'] },
    }));
    await expect(lab.compile(files, forged)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' });
  });
});

test('chains link each file to those before it', async () => {
  const [first, second] = await lab.compile([BASE, 'SELECT 1']);
  expect(first?.chain).toBe(sha(first?.hash ?? ''));
  expect(second?.chain).toBe(sha((first?.chain ?? '') + sha('SELECT 1')));
});
