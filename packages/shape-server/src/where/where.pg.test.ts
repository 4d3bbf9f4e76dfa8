import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectTable } from '../source/catalogue.ts';
import { type Database, OUTPUT_SETTINGS, openDatabase } from '../source/connection.ts';
import type { RowValues, Table } from '../source/source.ts';
import { compileWhere } from './compile.ts';
import { loadParser } from './parse.ts';

const SEED = Number(process.env.LOCKSTEP_SEED ?? 20261120);
const CLAUSES = Number(process.env.LOCKSTEP_CLAUSES ?? 400);

/** Values that are near each other, equal in other words, or at an edge. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false'],
  int2: ['-1', '0', '2', '32767'],
  int4: ['-1', '0', '1', '2', '2147483647'],
  int8: ['0', '1', '9007199254740992', '9007199254740993', '-9223372036854775808'],
  float4: ['0', '0.1', '1.5', 'NaN', 'Infinity'],
  float8: ['0', '0.1', '1.5', 'NaN', '-Infinity', '1e300'],
  numeric: ['0', '0.10', '1.5', '2'],
  text: ['', 'a', 'A', 'b', 'ab', 'a%', 'a_b', 'é', 'z', '￿', '😀', ' a', "it's", 'back\\slash'],
  varchar: ['', 'a', 'b '],
  'char(3)': ['a', 'b  ', 'ab'],
  uuid: ['00000000-0000-0000-0000-000000000001', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  date: ['2026-01-01', '2026-01-02', '1969-12-31'],
  time: ['00:00:00', '03:04:05.678', '23:59:59.999999'],
  timestamp: ['2026-01-01 00:00:00', '2026-01-01 00:00:00.000001', '1969-12-31 23:59:59.999999'],
  timestamptz: ['2026-01-01 00:00:00+00', '2026-01-01 02:00:00+02', '9999-12-31 23:59:59Z'],
  'int4[]': ['{}', '{1}', '{1,2}', '{1,NULL}', '{2}'],
  'text[]': ['{}', '{a}', '{a,b}', '{"a,b"}', '{NULL}'],
};
const TYPES = Object.keys(VALUES);
const nameOf = (type: string) => `c_${type.replace('[]', '_array').replace(/\W/g, '')}`;

let testDatabase: TestDatabase;
let database: Database;
let table: Table;
let rows: { readonly id: string; readonly values: RowValues }[];

beforeAll(async () => {
  await loadParser();
  testDatabase = await createTestDatabase('where');
  await testDatabase.query('CREATE PUBLICATION p');
  await testDatabase.query(
    `CREATE TABLE kinds (id int PRIMARY KEY, ${TYPES.map((type) => `${nameOf(type)} ${type}`).join(', ')})`,
  );
  for (let id = 0; id < 60; id += 1) {
    const values = TYPES.map((type, index) => {
      const list = VALUES[type] as readonly string[];
      const at = (id * (index + 1) + Math.floor(id / 7)) % (list.length + 1);
      return list[at] === undefined ? 'NULL' : `'${list[at].replaceAll("'", "''")}'::${type}`;
    });
    await testDatabase.query(`INSERT INTO kinds VALUES (${id}, ${values.join(', ')})`);
  }
  database = openDatabase(testDatabase.url, 1);
  table = (await inspectTable(database, 'p', 'public', 'kinds')) as Table;
  for (const setting of OUTPUT_SETTINGS) await database.query(`SET ${setting}`);
  const texts = await database.query<Record<string, string | null>>(
    `SELECT id::text, ${TYPES.map((type) => `CASE WHEN ${nameOf(type)} IS NULL THEN NULL ELSE format('%s', ${nameOf(type)}) END AS ${nameOf(type)}`).join(', ')} FROM kinds`,
  );
  rows = texts.map((text) => ({
    id: text.id as string,
    values: table.columns.map((column) => text[column.name] ?? null),
  }));
});
afterAll(async () => {
  await database?.close();
  await testDatabase?.drop();
});

const literal = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** Electric reads times in ISO form only; the others as Postgres does. */
const written = (type: string, value: string) => {
  if (type === 'timestamptz') return value.replace(' ', 'T').replace('+00', 'Z');
  return value;
};

const scalarType = fc.constantFrom(...TYPES.filter((type) => !type.endsWith('[]') && type !== 'bool'));
const comparison = fc.constantFrom('=', '<>', '<', '>', '<=', '>=');
const valueOf = (type: string) => fc.constantFrom(...(VALUES[type] as readonly string[]));
const typed = scalarType.chain((type) => fc.tuple(fc.constant(type), valueOf(type), valueOf(type)));
const numbers = fc.constantFrom('int2', 'int4', 'int8', 'float4', 'float8', 'numeric');
const texts = fc.constantFrom('text', 'varchar', 'char(3)');
const constantText = (type: string, value: string) => literal(written(type, value));

const atom: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(typed, comparison)
    .map(([[type, value], operator]) => `${nameOf(type)} ${operator} ${constantText(type, value)}`),
  fc.tuple(numbers, comparison, numbers).map(([a, operator, b]) => `${nameOf(a)} ${operator} ${nameOf(b)}`),
  fc
    .tuple(numbers, comparison, fc.constantFrom('0', '1', '-1', '1.5', '9007199254740993', '0.1'))
    .map(([type, operator, value]) => `${nameOf(type)} ${operator} ${value}`),
  fc.tuple(texts, comparison, texts).map(([a, operator, b]) => `${nameOf(a)} ${operator} ${nameOf(b)}`),
  fc
    .tuple(
      fc.constantFrom('date', 'timestamp', 'timestamptz'),
      comparison,
      fc.constantFrom('date', 'timestamp', 'timestamptz'),
    )
    .map(([a, operator, b]) => `${nameOf(a)} ${operator} ${nameOf(b)}`),
  typed.map(
    ([type, a, b]) => `${nameOf(type)} IN (${constantText(type, a)}, ${constantText(type, b)}, NULL)`,
  ),
  typed.map(([type, a, b]) => `${nameOf(type)} NOT IN (${constantText(type, a)}, ${constantText(type, b)})`),
  typed.map(
    ([type, a, b]) => `${nameOf(type)} BETWEEN ${constantText(type, a)} AND ${constantText(type, b)}`,
  ),
  typed.map(
    ([type, a, b]) =>
      `${nameOf(type)} NOT BETWEEN SYMMETRIC ${constantText(type, a)} AND ${constantText(type, b)}`,
  ),
  typed.map(([type, a]) => `${nameOf(type)} IS DISTINCT FROM ${constantText(type, a)}`),
  fc.constantFrom(...TYPES).map((type) => `${nameOf(type)} IS NULL`),
  fc.constantFrom(...TYPES).map((type) => `${nameOf(type)} IS NOT NULL`),
  fc.constantFrom(
    'c_bool',
    'NOT c_bool',
    'c_bool IS TRUE',
    'c_bool IS NOT FALSE',
    'c_bool IS UNKNOWN',
    'c_bool = true',
  ),
  fc
    .tuple(
      fc.constantFrom('LIKE', 'NOT LIKE', 'ILIKE'),
      fc.constantFrom('a%', '%a%', '_', 'a\\_b', 'A_', '%', ''),
    )
    .map(([operator, pattern]) => `c_text ${operator} ${literal(pattern)}`),
  fc.constantFrom(
    "lower(c_text) = 'a'",
    "upper(c_varchar) > 'A'",
    "c_text || 'x' = 'ax'",
    "c_char3 || 'x' = 'ax'",
  ),
  fc.constantFrom(
    "c_int4::text = '2'",
    "c_bool::text = 'true'",
    "c_uuid::text > 'a'",
    'c_int2::int8 = c_int8',
  ),
  fc.constantFrom('coalesce(c_int4, 7) = 7', "coalesce(c_text, 'a') = 'a'", 'greatest(c_int4, 1) = 1'),
  fc.constantFrom(
    '2 = ANY(c_int4_array)',
    "'a' = ANY(c_text_array)",
    "c_int4 = ANY('{1,2,NULL}')",
    "c_text <> ALL(ARRAY['a', 'b'])",
  ),
  fc.constantFrom(
    "c_int4_array @> '{1}'",
    "c_text_array <@ ARRAY['a','b']",
    'c_int4_array && ARRAY[2,3]',
    "c_int4_array = '{1,NULL}'",
  ),
);

const clause: fc.Arbitrary<string> = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a}) AND (${b})`),
    fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a}) OR (${b})`),
    tie('node').map((a) => `NOT (${a})`),
  ),
})).node;

test('the evaluator takes the rows that Postgres takes, over random clauses', async () => {
  await fc.assert(
    fc.asyncProperty(clause, async (where) => {
      const compiled = compileWhere(where, [], table.columns);
      if (compiled.kind === 'invalid') throw new Error(`${where}: ${compiled.message}`);
      const matches = compiled.where.bind(table.columns.map((column) => column.name));
      const ours = rows.filter((row) => matches(row.values)).map((row) => row.id);
      const selected = (condition: string) =>
        database.query<{ id: string }>(`SELECT id::text FROM kinds WHERE ${condition}`);
      const idsOf = (found: { id: string }[]) => found.map((row) => row.id).sort();
      expect(idsOf(await selected(compiled.where.sql))).toEqual(ours.toSorted());
      // What the user wrote means the same to Postgres (the database's collation is bytewise here).
      expect(idsOf(await selected(where))).toEqual(ours.toSorted());
    }),
    { seed: SEED, numRuns: CLAUSES },
  );
});
