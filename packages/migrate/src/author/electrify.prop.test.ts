import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitStatements } from '../sql/split.ts';
import { electrify } from './electrify.ts';

const syncedTables = ['items', 'notes', 'app.items', 'Mixed'];
const name = fc.constantFrom('items', 'NOTES', '"notes"', 'app.items', '"Mixed"', 'secrets', 'app."notes"');
const gap = fc.constantFrom(' ', '\n', '\r\n', ' /* ; CREATE TABLE items () */ ', ' -- ;\n');
const create = fc
  .tuple(
    fc.constantFrom(
      'CREATE TABLE',
      'create table if not exists',
      'CREATE TEMP TABLE',
      'CREATE UNLOGGED TABLE',
    ),
    gap,
    name,
    fc.constantFrom(' (id int)', ' PARTITION OF q DEFAULT', " AS SELECT ';'", ' (b text default $$;$$)'),
  )
  .map((parts) => parts.join(''));
const other = fc.oneof(
  name.map((table) => `DROP TABLE IF EXISTS ${table}`),
  name.map((table) => `alter table ${table} enable electric`),
  fc.constantFrom(
    'SELECT $$CREATE TABLE items (id int);$$',
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END',
    "SELECT 'é😀'",
  ),
);
const script = fc
  .tuple(
    fc.constantFrom('', '\uFEFF', '-- x\r\n'),
    fc.array(
      fc.tuple(fc.oneof(create, other), gap, fc.constantFrom(';', ';\n--> statement-breakpoint\n', ';;')),
    ),
    fc.option(create, { nil: '' }),
    fc.constantFrom('', ' -- end', '\n'),
  )
  .map(([head, body, last, tail]) => head + body.map((parts) => parts.join('')).join('') + last + tail);

const INSERTED = /\n--> statement-breakpoint\nALTER TABLE ("[^"]+"\.)?"[^"]+" ENABLE ELECTRIC;/g;

/** The input with the semicolon that the insertion needs when the last statement had none. */
function withSemicolon(input: string): string {
  const end = splitStatements(input).at(-1)?.end ?? 0;
  return `${input.slice(0, end)};${input.slice(end)}`;
}

test('B3 twice is once, and what is not inserted stays', () => {
  let insertions = 0;
  fc.assert(
    fc.property(script, (input) => {
      const once = electrify(input, { syncedTables });
      expect(electrify(once.sql, { syncedTables })).toMatchObject({ sql: once.sql, inserted: [] });
      expect(once.sql.match(INSERTED)?.length ?? 0).toBe(once.inserted.length);
      expect([input, withSemicolon(input)]).toContain(once.sql.replaceAll(INSERTED, ''));
      insertions += once.inserted.length;
    }),
    { seed: 4, numRuns: 2000 },
  );
  expect(insertions).toBeGreaterThan(500);
});
