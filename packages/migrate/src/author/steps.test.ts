import { beforeAll, describe, expect, test } from 'vitest';
import { classifyFile } from '../sql/classify.ts';
import { loadParser, type Parser } from '../sql/parser.ts';
import { type SteppedFile, toReplaySteps, toServerSteps } from './steps.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await loadParser();
});

function fileOf(sql: string): SteppedFile {
  return { file: '0000_x.sql', sql, statements: classifyFile(parser, sql, '0000_x.sql') };
}

/** The statements of each step, joined; one outside of transactions with what it is. */
function steps(list: ReturnType<typeof toServerSteps>): string[] {
  const texts: string[] = [];
  for (const { step, sql, transactional, alone } of list) {
    const text = transactional ? sql : `${alone?.kind}: ${sql}`;
    texts[step] = texts[step] === undefined ? text : `${texts[step]}; ${text}`;
  }
  return texts;
}
const server = (sql: string) => steps(toServerSteps(fileOf(sql)));
const embedded = (sql: string) => steps(toReplaySteps(fileOf(sql)));

describe('what runs outside of transactions only', () => {
  test('is alone in its step, with what a runner needs to look it up', () => {
    expect(server('SELECT 1; SELECT 2; CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t; SELECT 3')).toEqual([
      'SELECT 1; SELECT 2',
      'create-index: CREATE INDEX CONCURRENTLY i ON t (a)',
      'repeatable: VACUUM t',
      'SELECT 3',
    ]);
    expect(embedded('SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t; SELECT 3')).toEqual([
      'SELECT 1; CREATE INDEX i ON t (a); SELECT 3',
    ]);
  });

  test.each([
    [
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a)',
      { kind: 'create-index', table: { schema: 's', name: 't' }, name: 'i' },
    ],
    [
      'CREATE INDEX CONCURRENTLY ON t (a)',
      { kind: 'create-index', table: { schema: null, name: 't' }, name: null },
    ],
    ['DROP INDEX CONCURRENTLY IF EXISTS s.i', { kind: 'drop-index', index: { schema: 's', name: 'i' } }],
    ['REINDEX INDEX CONCURRENTLY i', { kind: 'reindex', object: 'index', name: { schema: null, name: 'i' } }],
    [
      'REINDEX (VERBOSE, CONCURRENTLY) TABLE s.t',
      { kind: 'reindex', object: 'table', name: { schema: 's', name: 't' } },
    ],
    ['REINDEX SCHEMA s', { kind: 'reindex', object: 'schema', name: { schema: null, name: 's' } }],
    ['REINDEX DATABASE CONCURRENTLY', { kind: 'reindex', object: 'database', name: null }],
    [
      'ALTER TABLE s.t DETACH PARTITION p CONCURRENTLY',
      {
        kind: 'detach-partition',
        table: { schema: 's', name: 't' },
        partition: { schema: null, name: 'p' },
      },
    ],
    ['VACUUM FULL t', { kind: 'repeatable' }],
    ['CLUSTER', { kind: 'repeatable' }],
    ["ALTER SYSTEM SET work_mem = '8MB'", { kind: 'repeatable' }],
    ['ALTER SUBSCRIPTION s REFRESH PUBLICATION', { kind: 'repeatable' }],
    ['ALTER SUBSCRIPTION s ADD PUBLICATION p', { kind: 'unknown' }],
    ['CREATE DATABASE d', { kind: 'unknown' }],
  ])('%s', (sql, alone) => {
    expect(toServerSteps(fileOf(sql))).toMatchObject([{ transactional: false, alone }]);
  });

  test.each([
    'REFRESH MATERIALIZED VIEW CONCURRENTLY v',
    'REINDEX (CONCURRENTLY false) TABLE t',
    'ALTER TABLE t DETACH PARTITION p',
    'ALTER TABLE t DETACH PARTITION p FINALIZE',
    'ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)',
    'ANALYZE t',
    'DISCARD PLANS',
  ])('%s goes into a transaction', (sql) => {
    expect(toServerSteps(fileOf(sql))).toMatchObject([{ transactional: true, step: 0 }]);
  });
});

describe('a new enum value needs a commit before it is used (55P04)', () => {
  const ADD = "ALTER TYPE public.level ADD VALUE 'top'";

  test.each([
    "INSERT INTO items VALUES ('top')",
    "ALTER TABLE items ALTER level SET DEFAULT 'top'",
    'ALTER TABLE items ADD grade "level"',
    'ALTER TABLE items ADD grade LEVEL',
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'top' $$",
    'DO $$ BEGIN PERFORM 1; END $$',
    'UPDATE items SET level = highest(level)',
  ])('%s', (sql) => {
    expect(server(`${ADD}; ${sql}`)).toEqual([ADD, sql]);
    expect(embedded(`${ADD}; ${sql}`)).toEqual([ADD, sql]);
  });

  test('but not for what has nothing to do with it, nor for further values', () => {
    const other = "ALTER TYPE public.level ADD VALUE 'low'";
    const column = 'ALTER TABLE items ADD name text';
    expect(server(`${ADD}; ${other}; ${column}`)).toEqual([`${ADD}; ${other}; ${column}`]);
    const rename = "ALTER TYPE level RENAME VALUE 'top' TO 'tip'";
    expect(server(`${ADD}; ${rename}`)).toEqual([ADD, rename]);
  });

  test('nor where the type was created in the same step', () => {
    const sql =
      "CREATE TYPE public.level AS ENUM ('low'); ALTER TYPE public.level ADD VALUE 'top'; SELECT 'top'";
    expect(server(sql)).toEqual([sql]);
    expect(server(sql.replace('; ALTER', '; COMMIT; ALTER'))).toHaveLength(3);
  });
});

describe("a file's own transactions", () => {
  test('divide it into steps for a server, and are not run themselves', () => {
    const sql =
      'SELECT 1; BEGIN; SELECT 2; SELECT 3; COMMIT; SELECT 4; START TRANSACTION; SELECT 5; END; COMMIT; SELECT 6';
    expect(server(sql)).toEqual(['SELECT 1', 'SELECT 2; SELECT 3', 'SELECT 4', 'SELECT 5', 'SELECT 6']);
    expect(embedded(sql)).toEqual(['SELECT 1; SELECT 2; SELECT 3; SELECT 4; SELECT 5; SELECT 6']);
  });

  test.each([
    ['SELECT 1;\n ROLLBACK', 2, 2, /^ROLLBACK has no place/],
    ['SAVEPOINT a', 1, 1, /^SAVEPOINT A has no place/],
    ["BEGIN; PREPARE TRANSACTION 'a'", 1, 8, /^PREPARE TRANSACTION/],
    ['SELECT 1;\nBEGIN; SELECT 2', 2, 1, /never committed/],
    ['BEGIN; BEGIN; COMMIT', 1, 8, /begun already/],
    ['BEGIN ISOLATION LEVEL SERIALIZABLE; COMMIT', 1, 1, /without its mode/],
    ['COMMIT AND CHAIN', 1, 1, /without its mode/],
    ['BEGIN; VACUUM; COMMIT', 1, 8, /inside BEGIN/],
    ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', 1, 1, /comes after this migration/],
  ])('%s is refused with its place', (sql, line, column, message) => {
    const attempt = () => toServerSteps(fileOf(sql));
    expect(attempt).toThrow(expect.objectContaining({ code: 'MIGRATION_SYNTAX' }));
    expect(attempt).toThrow(expect.objectContaining({ place: expect.objectContaining({ line, column }) }));
    expect(attempt).toThrow(message);
  });
});

describe('SET', () => {
  test('holds for the transactions of its file, and for none after it', () => {
    const sql = `SET search_path = app; SET SESSION lock_timeout TO '1s'; CREATE TABLE a (); COMMIT; CREATE TABLE b ();
      RESET lock_timeout; SET TIME ZONE 'UTC'; CREATE TABLE c (); COMMIT; RESET ALL; CREATE TABLE d ()`;
    expect(server(sql)).toEqual([
      "SET LOCAL search_path = app; SET LOCAL lock_timeout TO '1s'; CREATE TABLE a ()",
      `SET LOCAL search_path = app; SET LOCAL lock_timeout TO '1s'; CREATE TABLE b (); SET LOCAL "lock_timeout" TO DEFAULT; SET LOCAL TIME ZONE 'UTC'; CREATE TABLE c ()`,
      'SET LOCAL "search_path" TO DEFAULT; SET LOCAL "lock_timeout" TO DEFAULT; SET LOCAL "timezone" TO DEFAULT; CREATE TABLE d ()',
    ]);
  });

  test('is told to a statement outside of transactions for the session', () => {
    const sql = "SET LOCAL work_mem = '8MB'; SET statement_timeout = 0; CREATE INDEX CONCURRENTLY i ON t (a)";
    expect(toServerSteps(fileOf(sql))).toMatchObject([
      { transactional: false, settings: [{ name: 'statement_timeout', sql: 'SET statement_timeout = 0' }] },
    ]);
  });

  test.each([
    ['SET SESSION AUTHORIZATION joe', 'SET LOCAL SESSION AUTHORIZATION joe'],
    ['SET session.x = 1', 'SET LOCAL session.x = 1'],
    ['SET LOCAL ROLE joe', 'SET LOCAL ROLE joe'],
    ['RESET app.tenant', 'SET LOCAL "app"."tenant" TO DEFAULT'],
    ["SET NAMES 'utf8'", "SET LOCAL NAMES 'utf8'"],
    ["SET SCHEMA 'app'", "SET LOCAL SCHEMA 'app'"],
  ])('%s becomes %s', (sql, local) => {
    expect(server(`${sql}; SELECT 1`)).toEqual([`${local}; SELECT 1`]);
    expect(parser.parse(local).kind).toBe('parsed');
  });
});
