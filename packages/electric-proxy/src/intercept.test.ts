import { describe, expect, test } from 'vitest';
import { rewriteQuery } from './intercept.ts';

const rewrite = (sql: string | Buffer) => rewriteQuery(Buffer.from(sql), { kind: 'ready' });
const text = (sql: string) => rewrite(sql)?.sql.toString();

describe('what becomes a call', () => {
  test.each([
    ['ALTER TABLE items ENABLE ELECTRIC', `CALL electric.electrify('"items"'::text::regclass)`],
    ['alter table Items enable electric;', `CALL electric.electrify('"items"'::text::regclass);`],
    [
      'ALTER TABLE ONLY "My Items" DISABLE ELECTRIC',
      `CALL electric.unelectrify('"My Items"'::text::regclass)`,
    ],
    [
      `ALTER TABLE s."o'b""\\" ENABLE ELECTRIC`,
      `CALL electric.electrify(E'"s"."o''b""\\\\"'::text::regclass)`,
    ],
    ['ALTER TABLE IF EXISTS items ENABLE ELECTRIC', `CALL electric.electrify(to_regclass('"items"'))`],
    [
      '/* a */ ALTER TABLE ärger ENABLE ELECTRIC -- b',
      `/* a */ CALL electric.electrify('"ärger"'::text::regclass) -- b`,
    ],
  ])('%s', (sql, expected) => {
    expect(text(sql)).toBe(expected);
  });
});

describe('what stays', () => {
  test.each([
    "SELECT 'ALTER TABLE items ENABLE ELECTRIC'",
    '-- ALTER TABLE items ENABLE ELECTRIC;\nSELECT 1',
    'DO $$ BEGIN ALTER TABLE items ENABLE ELECTRIC; END $$',
    'ALTER TABLE items ENABLE TRIGGER electric',
    'ALTER TABLE items ENABLE ELECTRIC NOW',
    'ALTER TABLE electric ADD COLUMN a int',
    '',
  ])('%s', (sql) => {
    expect(rewrite(sql)).toBeNull();
  });
});

test('the statement is counted among those that are not empty', () => {
  const rewritten = rewrite(';SELECT 1;; ALTER TABLE a ENABLE ELECTRIC; ;ALTER TABLE b DISABLE ELECTRIC');
  expect([...(rewritten?.calls ?? [])]).toEqual([
    [1, { kind: 'enable-electric', table: '"a"' }],
    [2, { kind: 'disable-electric', table: '"b"' }],
  ]);
});

test('bytes of another client encoding survive', () => {
  const sql = Buffer.from("SELECT 'é'; ALTER TABLE é ENABLE ELECTRIC", 'latin1');
  expect(rewrite(sql)?.sql).toEqual(
    Buffer.from(`SELECT 'é'; CALL electric.electrify('"é"'::text::regclass)`, 'latin1'),
  );
});

test('every position of the rewritten text leads back', () => {
  const sql =
    "SELECT 'ü😀'; ALTER TABLE é ENABLE ELECTRIC; SELECT a; ALTER TABLE b ENABLE ELECTRIC; SELECT c";
  const rewritten = rewrite(sql);
  const after = rewritten?.sql.toString() ?? '';
  // Positions count code points.
  const before = Array.from(sql);
  const originalText = (offset: number, length: number): string => {
    const position = Array.from(after.slice(0, offset)).length + 1;
    const original = rewritten?.originalPosition(position) ?? 0;
    return before.slice(original - 1, original - 1 + length).join('');
  };
  for (const word of ['SELECT a', 'SELECT c', "SELECT '"]) {
    expect(originalText(after.indexOf(word), word.length)).toBe(word);
  }
  expect(originalText(after.indexOf('electrify'), 13)).toBe('ALTER TABLE é');
});

test('without a catalogue the statement raises why', () => {
  const error = { severity: 'ERROR', code: '42501', message: "it's not there", hint: 'grant\\it' } as const;
  const rewritten = rewriteQuery(Buffer.from('ALTER TABLE a ENABLE ELECTRIC'), { kind: 'failed', error });
  expect(rewritten?.sql.toString()).toMatch(/^DO E'BEGIN RAISE EXCEPTION USING ERRCODE = ''42501''/);
});
