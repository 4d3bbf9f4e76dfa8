import { beforeAll, expect, test } from 'vitest';
import { classifyFile } from './classify.ts';
import { loadParser, type Parser } from './parser.ts';
import { plainForm } from './plain-form.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await loadParser();
});

const classify = (sql: string) => classifyFile(parser, sql, 'a.sql');
const first = (sql: string) => {
  const [statement] = classify(sql);
  if (statement === undefined) throw new Error('no statement');
  return statement;
};

test('statements have their kinds, tables and places, around ENABLE ELECTRIC', () => {
  const sql =
    'CREATE TABLE "É" (id int);\r\nALTER TABLE "É"\n ENABLE ELECTRIC;\n  INSERT INTO app.items SELECT * FROM b; SELECT 1;';
  expect(classify(sql)).toMatchObject([
    { kind: 'ddl', node: 'CreateStmt', table: { schema: null, name: 'É' }, place: { line: 1, column: 1 } },
    { kind: 'electric', electric: { kind: 'enable-electric' }, place: { line: 2, column: 1 } },
    { kind: 'dml', writes: [{ schema: 'app', name: 'items' }], place: { line: 4, column: 3 } },
    { kind: 'query', writes: [], place: { line: 4, column: 42 } },
  ]);
});

test.each([
  ['INSERT INTO a DEFAULT VALUES', ['a']],
  ['UPDATE ONLY a SET x = 1', ['a']],
  ['WITH x AS (DELETE FROM b RETURNING *) INSERT INTO a SELECT * FROM x', ['a', 'b']],
  ['WITH x AS (UPDATE b SET y = 1 RETURNING *) SELECT * FROM x', ['b']],
  ['MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE', ['a']],
  ['TRUNCATE a, b', ['a', 'b']],
  ["COPY a FROM '/tmp/x'", ['a']],
  ["COPY a TO '/tmp/x'", []],
  ['SELECT * FROM a', []],
  ['CREATE FUNCTION f() RETURNS void BEGIN ATOMIC DELETE FROM a; END', []],
  ['CREATE RULE r AS ON INSERT TO a DO ALSO INSERT INTO b VALUES (1)', []],
  ["DO 'BEGIN DELETE FROM a; END'", []],
])('%s writes %j', (sql, tables) => {
  expect(
    first(sql)
      .writes.map((table) => table.name)
      .sort(),
  ).toEqual(tables);
});

test('code whose effects cannot be read off is marked', () => {
  expect(first('DO $$ BEGIN DELETE FROM a; END $$')).toMatchObject({
    kind: 'opaque',
    body: ' BEGIN DELETE FROM a; END ',
  });
  expect(first('CALL app.tidy(lower(1))')).toMatchObject({ kind: 'opaque', calls: ['tidy', 'lower'] });
  expect(first('SELECT app.tidy()')).toMatchObject({ kind: 'query', calls: ['tidy'] });
});

test.each([
  ['CREATE INDEX CONCURRENTLY i ON a ("concurrently")', false, 'CREATE INDEX i ON a ("concurrently")'],
  ['DROP INDEX CONCURRENTLY IF EXISTS i', false, 'DROP INDEX IF EXISTS i'],
  ['ALTER TABLE a DETACH PARTITION b CONCURRENTLY', false, 'ALTER TABLE a DETACH PARTITION b'],
  ['REFRESH MATERIALIZED VIEW CONCURRENTLY v', true, 'REFRESH MATERIALIZED VIEW CONCURRENTLY v'],
  ['CREATE INDEX i ON a (b)', true, 'CREATE INDEX i ON a (b)'],
  ["ALTER TYPE e ADD VALUE 'x'", true, "ALTER TYPE e ADD VALUE 'x'"],
  ['VACUUM a', false, null],
  ['ANALYZE a', true, 'ANALYZE a'],
  ['REINDEX TABLE CONCURRENTLY a', false, null],
  ['COMMIT', false, null],
  ['GRANT SELECT ON a TO b', true, null],
  ['CREATE PUBLICATION p FOR TABLE a', true, null],
  ['DROP PUBLICATION p', true, null],
  ['ALTER TABLE a OWNER TO b, REPLICA IDENTITY FULL', true, null],
  ['ALTER TABLE a OWNER TO b, ADD COLUMN c int', true, 'ALTER TABLE a OWNER TO b, ADD COLUMN c int'],
  ['ALTER TABLE a ENABLE ROW LEVEL SECURITY', true, null],
  ['CREATE POLICY p ON a', true, null],
  ['DROP POLICY p ON a', true, null],
  ['COMMENT ON EXTENSION e IS NULL', true, null],
  ['COMMENT ON TABLE a IS NULL', true, 'COMMENT ON TABLE a IS NULL'],
  [
    'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA app VERSION \'1.1\' CASCADE',
    true,
    `DO $lockstep$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'uuid-ossp') THEN CREATE EXTENSION IF NOT EXISTS "uuid-ossp" SCHEMA app CASCADE; END IF; END $lockstep$`,
  ],
  ['ALTER FOREIGN TABLE a ADD b int', true, null],
  ['SET ROLE x', true, null],
  ["SET LOCAL lock_timeout = '1s'", true, "SET LOCAL lock_timeout = '1s'"],
  ['ALTER TABLE a ENABLE ELECTRIC', true, null],
])('%s: transactional %s, plain form %s', (sql, isTransactional, plain) => {
  const statement = first(sql);
  expect(statement.isTransactional).toBe(isTransactional);
  expect(plainForm(statement, sql)).toBe(plain);
});

test('C5 a syntax error has file, statement, line and column', () => {
  const sql = '-- é😀\nSELECT 1;\nALTER TABLE a ENABLE ELECTRIC;\nSELECT é FRM b c d;';
  expect(() => classify(sql)).toThrow(
    expect.objectContaining({
      code: 'MIGRATION_SYNTAX',
      message: expect.stringContaining('syntax error at or near "b"'),
      place: { file: 'a.sql', statement: 3, line: 4, column: 14 },
    }),
  );
});
