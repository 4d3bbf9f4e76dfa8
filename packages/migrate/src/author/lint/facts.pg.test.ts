import { createTestDatabase } from '@lockstep/local-postgres';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classifyFile } from '../../sql/classify.ts';
import { loadParser, type Parser } from '../../sql/parser.ts';
import { connect } from '../../testing/connect.ts';
import { effectsOf } from './effects/effects.ts';
import { type LockMode, lockStrength } from './lock.ts';
import { applyStatement } from './schema/apply.ts';
import { emptySchema, type Schema } from './schema/schema.ts';

/** The tables that every statement below finds, with rows in them: what has none is never read. */
const SETUP = `
CREATE SCHEMA app;
CREATE TABLE owners (id integer PRIMARY KEY, name text);
CREATE DOMAIN amount AS integer;
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TYPE mood AS ENUM ('bad', 'good');
CREATE TABLE items (id integer PRIMARY KEY, name varchar(40) NOT NULL, note text, price numeric(10, 2), seen_at timestamp,
  seen_tz timestamptz, owner_id integer, count smallint, mood mood, due amount, sure text,
  CONSTRAINT sure_set CHECK (sure IS NOT NULL));
CREATE INDEX items_name ON items (name);
CREATE UNIQUE INDEX items_count ON items (count);
CREATE TABLE notes (id integer PRIMARY KEY, item_id integer, body text, CONSTRAINT notes_item FOREIGN KEY (item_id) REFERENCES items (id));
ALTER TABLE notes ADD CONSTRAINT notes_short CHECK (length(body) < 100) NOT VALID;
CREATE UNIQUE INDEX notes_body ON notes (body);
CREATE VIEW named AS SELECT id, body FROM notes;
CREATE MATERIALIZED VIEW counts AS SELECT body FROM notes;
CREATE UNIQUE INDEX counts_body ON counts (body);
CREATE SEQUENCE numbers;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER items_touch BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE log (n integer NOT NULL) PARTITION BY RANGE (n);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (10);
CREATE TABLE log_2 (n integer NOT NULL);
CREATE POLICY items_all ON items;
INSERT INTO owners SELECT n, 'x' FROM generate_series(1, 50) n;
INSERT INTO items SELECT n, 'a' || n, 'note' || n, n, now(), now(), n, n, 'good', n, 'x' FROM generate_series(1, 50) n;
INSERT INTO notes SELECT n, n, 'b' || n FROM generate_series(1, 50) n;
INSERT INTO log SELECT n FROM generate_series(1, 9) n;
INSERT INTO log_2 SELECT n FROM generate_series(10, 19) n;`;

/** Statements for every line of the rule book: those that run in a transaction. */
const STATEMENTS = `
ALTER TABLE items ADD COLUMN a uuid DEFAULT gen_random_uuid()
ALTER TABLE items ADD COLUMN a timestamptz DEFAULT clock_timestamp()
ALTER TABLE items ADD COLUMN a serial
ALTER TABLE items ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY
ALTER TABLE items ADD COLUMN a integer GENERATED ALWAYS AS (id + 1) STORED
ALTER TABLE items ADD COLUMN a positive
ALTER TABLE items ADD COLUMN a amount
ALTER TABLE items ADD COLUMN a integer CHECK (a > 0)
ALTER TABLE items ADD COLUMN a integer UNIQUE
ALTER TABLE items ADD COLUMN a integer REFERENCES owners (id)
ALTER TABLE items ADD COLUMN a integer DEFAULT 1 REFERENCES owners (id)
ALTER TABLE items ADD COLUMN a integer
ALTER TABLE items ADD COLUMN a integer DEFAULT 5
ALTER TABLE items ADD COLUMN a integer DEFAULT 5 NOT NULL
ALTER TABLE items ADD COLUMN a timestamptz DEFAULT now() NOT NULL
ALTER TABLE items ADD COLUMN IF NOT EXISTS name text
ALTER TABLE items ALTER COLUMN count TYPE integer
ALTER TABLE items ALTER COLUMN note TYPE varchar(40)
ALTER TABLE items ALTER COLUMN name TYPE varchar(20)
ALTER TABLE items ALTER COLUMN name TYPE varchar(80)
ALTER TABLE items ALTER COLUMN name TYPE text
ALTER TABLE items ALTER COLUMN note TYPE varchar
ALTER TABLE items ALTER COLUMN price TYPE numeric(12, 2)
ALTER TABLE items ALTER COLUMN price TYPE numeric(10, 3)
ALTER TABLE items ALTER COLUMN price TYPE numeric
ALTER TABLE items ALTER COLUMN mood TYPE text
ALTER TABLE items ALTER COLUMN seen_at TYPE timestamptz
ALTER TABLE items ALTER COLUMN seen_tz TYPE timestamp
ALTER TABLE items ALTER COLUMN seen_at TYPE timestamp(3)
ALTER TABLE items ALTER COLUMN name TYPE varchar(40) COLLATE "C"
ALTER TABLE items ALTER COLUMN note TYPE text COLLATE "C"
ALTER TABLE items ALTER COLUMN note TYPE text USING upper(note)
ALTER TABLE items ALTER COLUMN due TYPE positive
ALTER TABLE items ALTER COLUMN note SET NOT NULL
ALTER TABLE items ALTER COLUMN sure SET NOT NULL
ALTER TABLE items ALTER COLUMN name SET NOT NULL
ALTER TABLE items ALTER COLUMN name DROP NOT NULL
ALTER TABLE items ALTER COLUMN note SET DEFAULT 'x'
ALTER TABLE items ALTER COLUMN note SET STATISTICS 10
ALTER TABLE items ALTER COLUMN note SET STORAGE EXTERNAL
ALTER TABLE items ALTER COLUMN note SET (n_distinct = 5)
ALTER TABLE items SET (fillfactor = 80)
ALTER TABLE items SET (autovacuum_enabled = false)
ALTER TABLE items ADD CONSTRAINT c CHECK (id > 0)
ALTER TABLE items ADD CONSTRAINT c CHECK (id > 0) NOT VALID
ALTER TABLE notes VALIDATE CONSTRAINT notes_short
ALTER TABLE items ADD CONSTRAINT c FOREIGN KEY (owner_id) REFERENCES owners (id)
ALTER TABLE items ADD CONSTRAINT c FOREIGN KEY (owner_id) REFERENCES owners (id) NOT VALID
ALTER TABLE notes DROP CONSTRAINT notes_item
ALTER TABLE notes DROP COLUMN item_id
ALTER TABLE items ADD CONSTRAINT c UNIQUE (note)
ALTER TABLE items ADD CONSTRAINT c UNIQUE USING INDEX items_count
ALTER TABLE items ADD CONSTRAINT c EXCLUDE (note WITH =)
ALTER TABLE items DROP COLUMN note
ALTER TABLE items RENAME COLUMN note TO remark
ALTER TABLE items RENAME TO things
ALTER TABLE notes RENAME CONSTRAINT notes_item TO c
ALTER INDEX items_name RENAME TO c
ALTER TABLE notes SET UNLOGGED
ALTER TABLE items ENABLE ROW LEVEL SECURITY
ALTER TABLE items REPLICA IDENTITY FULL
ALTER TABLE items DISABLE TRIGGER items_touch
ALTER TABLE items CLUSTER ON items_pkey
ALTER TABLE log ATTACH PARTITION log_2 FOR VALUES FROM (10) TO (20)
ALTER TABLE log DETACH PARTITION log_1
ALTER TABLE items SET SCHEMA app
CREATE INDEX ON items (note)
CREATE UNIQUE INDEX ON items (note)
CREATE INDEX ON items (lower(note))
CREATE INDEX IF NOT EXISTS items_name ON items (note)
DROP INDEX items_name
REINDEX TABLE items
REINDEX INDEX items_name
DROP TABLE notes CASCADE
DROP TABLE items CASCADE
TRUNCATE notes
TRUNCATE items CASCADE
LOCK TABLE items
LOCK TABLE items IN SHARE MODE
CREATE TRIGGER t BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION touch()
DROP TRIGGER items_touch ON items
CREATE POLICY p ON items
DROP POLICY items_all ON items
CREATE RULE r AS ON DELETE TO items DO INSTEAD NOTHING
CREATE TABLE c (id integer PRIMARY KEY, item_id integer REFERENCES items (id))
CREATE TABLE log_3 PARTITION OF log FOR VALUES FROM (20) TO (30)
CREATE OR REPLACE VIEW named AS SELECT id, body, item_id FROM notes
DROP VIEW named
REFRESH MATERIALIZED VIEW counts
REFRESH MATERIALIZED VIEW CONCURRENTLY counts
ALTER DOMAIN amount ADD CONSTRAINT c CHECK (VALUE > 0)
ALTER DOMAIN amount ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID
ALTER SEQUENCE numbers INCREMENT 2
ALTER TYPE mood ADD VALUE 'new'
ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'
COMMENT ON TABLE items IS 'x'
COMMENT ON COLUMN items.name IS 'x'
CREATE STATISTICS s ON id, name FROM items
CREATE PUBLICATION p FOR TABLE items
CLUSTER items USING items_pkey
UPDATE items SET note = 'y'
DELETE FROM notes
INSERT INTO owners VALUES (100, 'x')
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'
CREATE TYPE other AS ENUM ('a')`
  .trim()
  .split('\n');

let parser: Parser;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let client: pg.Client;
beforeAll(async () => {
  parser = await loadParser();
  database = await createTestDatabase('lint');
  client = await connect(database.url);
  await client.query(SETUP);
  await client.query("SET timezone = 'Asia/Tokyo'");
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

function schemaNow(): Schema {
  const schema = emptySchema();
  for (const statement of classifyFile(parser, SETUP, 'setup.sql'))
    applyStatement(schema, statement, 'setup');
  return schema;
}

interface Seen {
  readonly name: string;
  readonly lock: string;
  readonly rewrites: boolean;
  readonly scans: boolean;
}

const MODES: Readonly<Record<string, LockMode>> = {
  RowShareLock: 'ROW SHARE',
  RowExclusiveLock: 'ROW EXCLUSIVE',
  ShareUpdateExclusiveLock: 'SHARE UPDATE EXCLUSIVE',
  ShareLock: 'SHARE',
  ShareRowExclusiveLock: 'SHARE ROW EXCLUSIVE',
  ExclusiveLock: 'EXCLUSIVE',
  AccessExclusiveLock: 'ACCESS EXCLUSIVE',
};

/** Relations that were there before, with their file nodes. */
const RELATIONS = `SELECT c.oid::int8::int4 AS oid, c.relname AS name, c.relkind AS kind, pg_relation_filenode(c.oid) AS node,
  pg_stat_get_xact_tuples_returned(c.oid)::text AS reads
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'i', 'v', 'm', 'S')`;

/** What Postgres itself says of a statement. */
async function observe(sql: string): Promise<readonly Seen[]> {
  await client.query('BEGIN');
  try {
    const before = await client.query<{
      oid: number;
      name: string;
      kind: string;
      node: number;
      reads: string;
    }>(RELATIONS);
    await client.query(sql);
    const after = await client.query<{ oid: number; node: number; reads: string; mode: string | null }>(
      `SELECT k.oid, pg_relation_filenode(k.oid) AS node, pg_stat_get_xact_tuples_returned(k.oid)::text AS reads,
         (SELECT string_agg(l.mode, ',') FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation = k.oid
           AND l.locktype = 'relation') AS mode
       FROM unnest($1::int8[]) AS k(oid)`,
      [before.rows.map(({ oid }) => oid)],
    );
    return after.rows.flatMap((row): Seen[] => {
      const known = before.rows.find(({ oid }) => oid === Number(row.oid));
      const modes = (row.mode ?? '').split(',').flatMap((mode) => MODES[mode] ?? []);
      const [lock] = modes.sort((a, b) => lockStrength(b) - lockStrength(a));
      if (known === undefined || lock === undefined) return [];
      const rewrites =
        known.kind === 'r' && row.node !== null && row.node !== known.node && !sql.startsWith('TRUNCATE');
      return [
        {
          name: known.name,
          lock,
          rewrites,
          scans: known.kind === 'r' && Number(row.reads) > Number(known.reads),
        },
      ];
    });
  } finally {
    await client.query('ROLLBACK');
  }
}

/** What the rule book says, of the same relations. */
function foretell(sql: string): readonly Seen[] {
  const schema = schemaNow();
  const [statement] = classifyFile(parser, sql, 'x.sql');
  if (statement === undefined) throw new Error('no statement');
  return effectsOf(schema, statement, { isUtc: false }).map((effect) => ({
    name: effect.relation.replace('public.', ''),
    lock: effect.lock,
    rewrites: effect.kind === 'table' && effect.rewrites,
    scans: effect.kind === 'table' && effect.scans,
  }));
}

/** Tables, and what else the rule book names: it leaves out indexes that go with their table, and weaker locks. */
function comparable(
  seen: readonly Seen[],
  tables: ReadonlySet<string>,
  named: ReadonlySet<string>,
): readonly string[] {
  return seen
    .filter(({ name, lock }) => named.has(name) || (tables.has(name) && lockStrength(lock as LockMode) >= 3))
    .map(
      ({ name, lock, rewrites, scans }) =>
        `${name}: ${lock}${rewrites ? ', rewritten' : scans ? ', read' : ''}`,
    )
    .sort();
}

test.each(STATEMENTS)('the rule book and Postgres agree on: %s', async (sql) => {
  const seen = await observe(sql);
  const told = foretell(sql);
  const tables = new Set(['owners', 'items', 'notes', 'log', 'log_1', 'log_2']);
  const named = new Set(told.map(({ name }) => name));
  expect(comparable(told, tables, named)).toEqual(comparable(seen, tables, named));
});
