import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';

const TYPES: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false'],
  int2: ['-32768'],
  int8: ['9007199254740993', '-9223372036854775808'],
  float4: ['1.1', "'NaN'", "'-Infinity'"],
  float8: ['1.5e300', '0.1', "'Infinity'"],
  numeric: ['12345678901234567890.1234567890', "'NaN'"],
  'numeric(20,5)': ['12345.678'],
  uuid: ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"],
  date: ["'2026-01-02'", "'0044-03-15 BC'", "'infinity'"],
  time: ["'03:04:05.678'"],
  timetz: ["'03:04:05+02'"],
  timestamp: ["'2026-01-02 03:04:05.678901'", "'-infinity'"],
  timestamptz: ["'2026-01-02 03:04:05.678901+02'"],
  interval: ["'1 year 2 days 03:04:05'", "'-1 month'"],
  json: [`'{"a": 1,  "b":"x"}'`, "'null'"],
  jsonb: [`'{"b":   2, "a":"\\u00e9\\n"}'`, "'null'", `'"text"'`],
  bytea: ["'\\xdeadbeef'", "''"],
  'int[]': ["'{1,2,NULL}'", "'{{1,2},{3,4}}'", "'{}'"],
  'text[]': [`'{"x,y","q\\"z",NULL,"NULL",""}'`],
  mood: ["'ok'"],
  'varchar(10)': ["'vc'"],
  'char(5)': ["'ch'", "''"],
  text: [`E'tab\\tnewline\\nquote"back\\\\slash\\x01\\x1f\\x7f é 😀 \\u2028 </script>'`, "''", "'  '"],
  int4range: ["'[1,5)'"],
  point: ["'(1,2)'"],
  inet: ["'192.168.1.0/24'"],
  tsvector: ["'a b''c'"],
};

/** The cast to text that snapshots make says these in other words than the types' output; so in the original. */
const CAST_DIFFERS = new Set(['bool']);

let server: TestServer;
beforeAll(async () => {
  const columns = Object.keys(TYPES).map((type, index) => `c${index} ${type}`);
  server = await startTestServer([
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    `CREATE TABLE kinds (id int PRIMARY KEY, ${columns.join(', ')})`,
  ]);
  await insertRows(0);
});
afterAll(() => server.close());

const rowCount = Math.max(...Object.values(TYPES).map((values) => values.length)) + 1;

/** Each value of each type once; the last row is all NULL. */
async function insertRows(from: number): Promise<void> {
  for (let index = 0; index < rowCount; index += 1) {
    const values = Object.values(TYPES).map((list) => list[index] ?? 'NULL');
    await server.database.query(`INSERT INTO kinds VALUES (${from + index}, ${values.join(', ')})`);
  }
}

type Row = Record<string, string | null>;

/** What the types' output functions write, with the session's settings. */
async function textsOf(id: number): Promise<Row> {
  const settings = ["'TimeZone', 'UTC'", "'IntervalStyle', 'iso_8601'", "'DateStyle', 'ISO, DMY'"];
  const columns = Object.keys(TYPES).map(
    (_, index) => `CASE WHEN c${index} IS NULL THEN NULL ELSE format('%s', c${index}) END AS c${index}`,
  );
  const [row] = await server.database.query<Row>(
    `SELECT ${columns.join(', ')} FROM ${settings.map((setting, index) => `set_config(${setting}, true) s${index}`).join(', ')}, kinds WHERE id = ${id}`,
  );
  return row ?? {};
}

test('snapshot and log carry the text that Postgres writes, for every common type', async () => {
  const initial = await server.get({ table: 'kinds', offset: '-1' });
  const handle = initial.headers.get('electric-handle') as string;
  const snapshot = (await initial.json()) as { value?: Row }[];
  await insertRows(1000);
  let log: { value?: Row }[] = [];
  await expect
    .poll(async () => {
      const response = await server.get({ table: 'kinds', offset: '0_inf', handle });
      log = (await response.json()) as { value?: Row }[];
      return log.length;
    })
    .toBe(rowCount + 1);
  const rowsOf = (messages: typeof log) =>
    messages.flatMap((message) => (message.value === undefined ? [] : [message.value]));
  for (const [from, rows] of [
    [0, rowsOf(snapshot)],
    [1000, rowsOf(log)],
  ] as const) {
    for (let id = from; id < from + rowCount; id += 1) {
      const expected = await textsOf(id);
      for (const [index, type] of Object.keys(TYPES).entries()) {
        const text = expected[`c${index}`] as string | null;
        if (from === 0 && text !== null && CAST_DIFFERS.has(type))
          expected[`c${index}`] = text === 't' ? 'true' : 'false';
      }
      expect(rows.find((row) => row.id === String(id))).toEqual({ ...expected, id: String(id) });
    }
  }
});

test('a large value that did not change is sent with the row all the same', async () => {
  await server.database.query('CREATE TABLE big (id int PRIMARY KEY, body text, n int)');
  await server.database.query(
    "INSERT INTO big SELECT 1, string_agg(md5(i::text), ''), 1 FROM generate_series(1, 2000) i",
  );
  const initial = await server.get({ table: 'big', offset: '-1', replica: 'full' });
  const handle = initial.headers.get('electric-handle') as string;
  const [first] = (await initial.json()) as { value: Row }[];
  await server.database.query('UPDATE big SET n = 2');
  const live = await server.get({ table: 'big', offset: '0_inf', handle, replica: 'full', live: 'true' });
  const [update] = (await live.json()) as { value: Row; old_value: Row }[];
  expect(update?.value).toEqual({ ...first?.value, n: '2' });
  expect(update?.old_value).toEqual({ n: '1' });
});

test('keys say the same in snapshot and log, also of booleans, slashes and tables without a key', async () => {
  await server.database.query('CREATE TABLE "a/b.c" (flag bool, path text, note text)');
  await server.database.query(`INSERT INTO "a/b.c" VALUES (true, 'x/y"z', NULL)`);
  const initial = await server.get({ table: '"a/b.c"', offset: '-1' });
  const handle = initial.headers.get('electric-handle') as string;
  const [first] = (await initial.json()) as { key: string }[];
  expect(first?.key).toBe(String.raw`"public"."a//b..c"/"t"/"x//y"z"/_`);
  await server.database.query('DELETE FROM "a/b.c"');
  const live = await server.get({ table: '"a/b.c"', offset: '0_inf', handle, live: 'true' });
  const [deletion] = (await live.json()) as { key: string }[];
  expect(deletion?.key).toBe(first?.key);
});

test('a composite key is in the order of the key', async () => {
  await server.database.query('CREATE TABLE pairs (b int, a int, n int, PRIMARY KEY (a, b))');
  await server.database.query('INSERT INTO pairs VALUES (2, 1, 0)');
  const initial = await server.get({ table: 'pairs', offset: '-1' });
  expect(initial.headers.get('electric-schema')).toBe(
    '{"a":{"type":"int4","not_null":true,"pk_index":0},"b":{"type":"int4","not_null":true,"pk_index":1},"n":{"type":"int4"}}',
  );
  const [row] = (await initial.json()) as { key: string }[];
  expect(row?.key).toBe('"public"."pairs"/"1"/"2"');
});
