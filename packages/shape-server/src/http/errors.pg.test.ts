import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer([
    'CREATE TABLE e5 (id int PRIMARY KEY, title text, n int, js jsonb, ts timestamptz, en text[])',
    `INSERT INTO e5 VALUES (1, 'a', 1, '{"k":1}', '2026-01-01T00:00:00Z', '{a,b}')`,
    'CREATE TABLE "Mixed Case" (id int PRIMARY KEY)',
    'CREATE SCHEMA other',
    'CREATE TABLE other.t (id int PRIMARY KEY)',
  ]);
});
afterAll(() => server.close());

const invalid = (errors: Record<string, unknown>) => ({ message: 'Invalid request', errors });
const ROW = 'row';
const NONE = 'none';

async function answer(query: Record<string, string>): Promise<unknown> {
  const response = await server.get(query);
  const body = await response.json();
  if (response.status !== 200) {
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('surrogate-control')).toBe('no-store');
    return body;
  }
  return (body as { key?: string }[]).some((message) => message.key !== undefined) ? ROW : NONE;
}

const absent = (name: string) =>
  `Table ${name} does not exist. If the table name contains capitals or special characters you must quote it.`;

describe('tables are named and refused as the original does', () => {
  test.each([
    [{}, "can't be blank"],
    [{ table: '' }, "can't be blank"],
    [{ table: 'nope' }, absent('"public"."nope"')],
    [{ table: 'other.nope' }, absent('"other"."nope"')],
    [{ table: 'nosuch.items' }, absent('"nosuch"."items"')],
    [{ table: 'a.b.c' }, 'Invalid relation identifier, too many delimiters: a.b.c'],
    [{ table: 'Mixed Case' }, 'Invalid unquoted identifier contains special characters: Mixed Case'],
    [{ table: 'Mixed' }, absent('"public"."mixed"')],
    [
      { table: 'e5; drop table e5' },
      'Invalid unquoted identifier contains special characters: e5; drop table e5',
    ],
    [{ table: 'information_schema.tables' }, absent('"information_schema"."tables"')],
    [{ table: '"unterminated' }, 'Invalid unquoted identifier contains special characters: "unterminated'],
  ])('%j', async (query, message) => {
    expect(await answer({ offset: '-1', ...query } as Record<string, string>)).toEqual(
      invalid({ table: [message] }),
    );
  });

  test.each(['"Mixed Case"', 'other.t', 'E5', '"e5"', 'public.e5'])('%s is found', async (table) => {
    expect(await answer({ offset: '-1', table })).toBe(/e5/i.test(table) ? ROW : NONE);
  });
});

describe('where clauses', () => {
  test.each([
    ['n >', 'At location 18: syntax error at end of input'],
    ['1 x 1', 'At location 17: syntax error at or near "x"'],
    ['nope = 1', 'At location 0: unknown reference nope'],
    ["n = 'x'", 'At location 4: invalid syntax for type int4: x'],
    ['title = 1', 'At location 6: Could not select an operator overload'],
    ['n > $1', 'At location 4: parameter $1 was not provided'],
    ['random() > 0.5', 'At location 0: unknown or unsupported function random/0'],
    ['now() > ts', 'At location 0: unknown or unsupported function now/0'],
    ['count(*) > 1', 'At location 0: aggregation is not supported in this context'],
    ['1=1; drop table e5', 'unescaped ";" causing statement split'],
    ['n = 1 order by n', 'malformed query ending with SQL clauses'],
    ["title ~ 'a'", 'At location 6: unknown binary operator "~"'],
    ["title similar to 'a'", 'At location 6: unknown or unsupported function similar_to_escape/1'],
    ["js->>'k' = '1'", 'At location 2: unknown binary operator "->>"'],
    [`js @> '{"k":1}'`, 'At location 3: Could not select an operator overload'],
    ["ts > '2025-01-01'", 'At location 5: invalid syntax for type timestamptz: 2025-01-01'],
    ['case when n=1 then true else false end', 'At location 0: CaseExpr is not supported in this context'],
    ['length(title) = 1', 'At location 0: unknown or unsupported function length/1'],
    ['n % 2 = 1', 'At location 2: unknown binary operator "%"'],
    ["position('a' in title) = 1", 'At location 0: unknown or unsupported function position/2'],
    ["substring(title,1,1)='a'", 'At location 0: unknown or unsupported function substring/3'],
    ['id = any($1)', 'At location 9: parameter $1 was not provided'],
    ['e5.n=1', 'At location 0: unknown reference e5.n'],
    ['public.e5.n=1', 'At location 0: unknown reference public.e5.n'],
    ['(n, id) = (1, 1)', 'At location 8: Could not select an operator overload'],
    ['(n,id) in ((1,1))', 'At location 7: Could not select an operator overload'],
    ['coalesce(title, id::text)', 'WHERE clause must return a boolean'],
    ['n in (select id from other.t)', 'At location 2: subqueries are not supported by this server'],
    ['n = 1 union select 1', 'malformed query ending with SQL clauses'],
    ['n = 1 -- ', ROW],
    ["en @> ARRAY['a']", ROW],
    ["'a' = ANY(en)", ROW],
    ["lower(title) = 'a'", ROW],
    ["upper(title) = 'A'", ROW],
    ["n::text = '1'", ROW],
    ['n between 1 and 2', ROW],
    ['n is distinct from 2', ROW],
    ["title like 'a%' and n in (1,2)", ROW],
    ["title ilike 'A%'", ROW],
    ['coalesce(n,0)=1', ROW],
    ['n is null', NONE],
    ['not (n=2)', ROW],
    ['true', ROW],
    ['false', NONE],
    ['', ROW],
    ['n = 1::bigint', ROW],
    ['id = 99999999999', NONE],
    ["title || 'x' = 'ax'", ROW],
    ['id = any(array[1,2])', ROW],
    ['"n"=1', ROW],
    ['n > -1', ROW],
    ["ts > '2025-01-01T00:00:00Z'", ROW],
  ])('%s', async (where, expected) => {
    const body = await answer({ table: 'e5', offset: '-1', where });
    expect(body).toEqual(expected === ROW || expected === NONE ? expected : invalid({ where: [expected] }));
  });
});

describe('parameters of the clause', () => {
  test.each([
    [{ where: 'n = $1', 'params[1]': '1' }, ROW],
    [
      { where: 'n = $1', 'params[1]': 'x' },
      invalid({ where: ['At location 4: invalid syntax for type int4: x'] }),
    ],
    [
      { where: 'n = $2', 'params[2]': '1' },
      invalid({ params: ['Parameters must be numbered sequentially, starting from 1'] }),
    ],
    [{ where: 'n = $1', 'params[1]': '1', 'params[2]': '2' }, ROW],
    [{ where: 'n = $1', params: '["1"]' }, invalid({ params: ['is invalid'] })],
    [{ 'params[1]': '1' }, ROW],
    [{ where: 'id = any($1)', 'params[1]': '{1,2}' }, ROW],
    [{ where: '$1 = $1', 'params[1]': "it's \\ a 'quote'" }, ROW],
    [{ where: 'title = $1', 'params[1]': "a' OR 'a' = 'a" }, NONE],
  ])('%j', async (query, expected) => {
    expect(await answer({ table: 'e5', offset: '-1', ...query } as Record<string, string>)).toEqual(expected);
  });
});

describe('columns', () => {
  test.each([
    ['id,nope', 'The following columns are not found on the table: nope'],
    ['title', 'The list of columns must include all primary key columns, missing: id'],
    ['id,,title', 'Invalid zero-length delimited identifier'],
    ['id, title', 'Invalid unquoted identifier contains special characters:  title'],
    ['id,id', 'The following columns are not found on the table: id'],
    ['*', 'Invalid unquoted identifier contains special characters: *'],
    ['id,title;drop', 'Invalid unquoted identifier contains special characters: title;drop'],
    ['', ROW],
    ['ID,title', ROW],
    ['"id",title', ROW],
  ])('%s', async (columns, expected) => {
    const body = await answer({ table: 'e5', offset: '-1', columns });
    expect(body).toEqual(expected === ROW ? ROW : invalid({ columns: [expected] }));
  });
});

describe('other parameters', () => {
  test.each([
    [{ replica: 'nope' }, invalid({ replica: ['is invalid'] })],
    [{ log: 'nope' }, invalid({ log: ['is invalid'] })],
    [{ offset: '' }, invalid({ offset: ["can't be blank"] })],
    [{ offset: '0' }, invalid({ offset: ['has invalid format'] })],
    [{ offset: '-2' }, invalid({ offset: ['has invalid format'] })],
    [{ offset: '1_x' }, invalid({ offset: ['has invalid format'] })],
    [{ live: 'maybe' }, invalid({ live: ["can't be true when offset == -1"] })],
    [{ live: 'true', offset: 'now' }, invalid({ live: ["can't be true when offset is 'now'"] })],
    [{ foo: 'bar' }, ROW],
    [{ live: 'false' }, ROW],
    [{ live_sse: 'true' }, invalid({ live_sse: ["can't be true unless live is also true"] })],
    [{ experimental_live_sse: 'true' }, invalid({ live_sse: ["can't be true unless live is also true"] })],
    [{ handle: 'abc' }, ROW],
    [{ offset: '0_0' }, invalid({ handle: ["can't be blank when offset != -1"] })],
  ])('%j', async (query, expected) => {
    expect(await answer({ table: 'e5', offset: '-1', ...query } as Record<string, string>)).toEqual(expected);
  });
});
