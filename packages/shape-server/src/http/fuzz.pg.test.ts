import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';

const SEED = Number(process.env.LOCKSTEP_SEED ?? 20261120);
const REQUESTS = Number(process.env.LOCKSTEP_REQUESTS ?? 600);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(
    [
      'CREATE TABLE items (id int PRIMARY KEY, title text, n int)',
      "INSERT INTO items VALUES (1, 'a', 10)",
      'CREATE TABLE hidden (id int PRIMARY KEY, word text)',
      "INSERT INTO hidden VALUES (1, 'the hidden word')",
    ],
    { longPollMs: 20 },
  );
});
afterAll(() => server.close());

const noise = fc.oneof(
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.constantFrom(
    '',
    '\0',
    "'",
    '"',
    ';',
    '--',
    '/*',
    '%',
    '\\',
    '1',
    '-1',
    'null',
    'NaN',
    '"a""b"',
    '(',
    '$1',
    '😀',
  ),
);
const words = fc
  .array(
    fc.constantFrom(
      ..."id n title = < > AND OR NOT IN ( ) , 1 2 'a' NULL IS $1 :: int4 text ANY ARRAY [ ] BETWEEN LIKE".split(
        ' ',
      ),
      ..."select from hidden word union exists pg_sleep now() ; -- \" E '\\' {".split(' '),
    ),
    { maxLength: 12 },
  )
  .map((list) => list.join(' '));
const parameter = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      'table',
      'columns',
      'where',
      'params[1]',
      'offset',
      'handle',
      'live',
      'cursor',
      'log',
      'replica',
    ),
    noise,
  ),
  fc.tuple(fc.constant('where'), words),
  fc.tuple(fc.constant('params[1]'), fc.oneof(noise, words)),
  fc.tuple(fc.constant('columns'), fc.constantFrom('id', 'id,n', '"id"', 'ID,title', 'id,"n"')),
  fc.tuple(
    fc.constant('offset'),
    fc.constantFrom('-1', 'now', '0_0', '0_inf', '0_99999999999', '1_1', '99_inf'),
  ),
  fc.tuple(
    fc.constantFrom('live_sse', 'subset__where', 'secret', '__proto__', 'params[0]', 'params[x]'),
    noise,
  ),
);

test('no request makes a 500, hangs, shows SQL or reaches another table', async () => {
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(parameter, { maxLength: 6 }), fc.boolean(), async (parameters, isPlain) => {
      const query = new URLSearchParams(isPlain ? { table: 'items', offset: '-1' } : {});
      for (const [name, value] of parameters) query.set(name, value);
      const response = await fetch(`${server.url}/v1/shape?${query}`, {
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
      expect([200, 400, 409]).toContain(response.status);
      expect(text).not.toMatch(/the hidden word|COPY|SELECT .* FROM ONLY/);
      if (response.headers.get('content-type')?.startsWith('application/json')) JSON.parse(text);
    }),
    { seed: SEED, numRuns: REQUESTS },
  );
  expect([...seen.keys()].sort((a, b) => a - b)).toEqual([200, 400, 409]);
});

test('clauses that Postgres would fail on, or that are too deep, are refused', async () => {
  for (const [where, message] of [
    ['title::int4 = 1', "the clause can't be evaluated on every row of the table"],
    ["title LIKE 'a\\'", 'At location 11: LIKE pattern must not end with escape character'],
    [`${'NOT '.repeat(2000)}true`, 'At location 0: the expression is nested too deeply'],
  ]) {
    const response = await server.get({ table: 'items', offset: '-1', where: where as string });
    expect([response.status, await response.json()]).toEqual([
      400,
      { message: 'Invalid request', errors: { where: [message] } },
    ]);
  }
  expect((await server.get({ table: 'items', offset: '-1' })).status).toBe(200);
});
