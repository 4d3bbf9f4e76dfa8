import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer(
    [
      'CREATE TABLE items (id int PRIMARY KEY, title text, n int)',
      "INSERT INTO items VALUES (1, 'a', 10), (2, 'b', 20)",
      'CREATE TABLE many (id int PRIMARY KEY, body text)',
      "INSERT INTO many SELECT i, repeat('x', 1000) FROM generate_series(1, 25) i",
    ],
    { longPollMs: 600, chunkBytes: 10_000 },
  );
});
afterAll(() => server.close());

interface Position {
  readonly handle: string;
  readonly offset: string;
}

const positionOf = (response: Response): Position => ({
  handle: response.headers.get('electric-handle') as string,
  offset: response.headers.get('electric-offset') as string,
});

/** Reads the shape until it is up to date. */
async function begin(query: Record<string, string>): Promise<Position> {
  let response = await server.get({ offset: '-1', ...query });
  for (let requests = 0; requests < 20 && !response.headers.has('electric-up-to-date'); requests += 1) {
    expect(response.status).toBe(200);
    await response.text();
    response = await server.get({ ...query, ...positionOf(response) });
  }
  await response.text();
  return positionOf(response);
}

/** The headers that do not differ from answer to answer. */
function constantHeaders(response: Response): Record<string, string> {
  const varying = [
    'date',
    'connection',
    'keep-alive',
    'transfer-encoding',
    'x-request-id',
    'electric-server',
  ];
  return Object.fromEntries([...response.headers].filter(([name]) => !varying.includes(name)));
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'electric-cursor,electric-handle,electric-has-data,electric-offset,electric-schema,electric-up-to-date,electric-internal-known-error,retry-after',
  'access-control-allow-methods': 'GET, POST, HEAD, DELETE, OPTIONS',
  'content-type': 'application/json; charset=utf-8',
};

test('the first answer has the rows, the second says up to date: headers and bodies as recorded', async () => {
  const initial = await server.get({ table: 'items', offset: '-1' });
  const handle = initial.headers.get('electric-handle');
  expect(handle).toMatch(/^\d+-\d{16}$/);
  const schema =
    '{"id":{"type":"int4","not_null":true,"pk_index":0},"n":{"type":"int4"},"title":{"type":"text"}}';
  expect(constantHeaders(initial)).toEqual({
    ...CORS,
    'cache-control': 'public, max-age=604800, s-maxage=3600, stale-while-revalidate=2629746',
    etag: `"${handle}:-1:0_0"`,
    'electric-handle': handle,
    'electric-schema': schema,
    'electric-has-data': 'true',
    'electric-offset': '0_0',
  });
  const text = (await initial.text()).replace(/"xmax":"\d+","xmin":"\d+"/, '"xmax":"752","xmin":"752"');
  expect(text).toBe(
    String.raw`[{"key":"\"public\".\"items\"/\"1\"","value":{"id":"1","n":"10","title":"a"},"headers":{"relation":["public","items"],"operation":"insert"}},{"key":"\"public\".\"items\"/\"2\"","value":{"id":"2","n":"20","title":"b"},"headers":{"relation":["public","items"],"operation":"insert"}},{"headers":{"control":"snapshot-end","xip_list":[],"xmax":"752","xmin":"752"}}]`,
  );
  const next = await server.get({ table: 'items', offset: '0_0', handle: handle as string });
  expect(constantHeaders(next)).toEqual({
    ...CORS,
    'cache-control': 'public, max-age=60, stale-while-revalidate=300',
    etag: `"${handle}:0_0:0_inf"`,
    'electric-handle': handle,
    'electric-schema': schema,
    'electric-up-to-date': '',
    'electric-has-data': 'true',
    'electric-offset': '0_inf',
  });
  expect(await next.text()).toMatch(
    /^\[\{"headers":\{"control":"up-to-date","global_last_seen_lsn":"\d+"\}\}\]$/,
  );
});

test('a live answer has the changes of the transaction, in the original words', async () => {
  const { handle, offset } = await begin({ table: 'items', replica: 'full' });
  const live = server.get({ table: 'items', replica: 'full', handle, offset, live: 'true' });
  await expect.poll(() => server.counters().liveRequests).toBeGreaterThan(0);
  await server.database.query(
    "WITH x AS (INSERT INTO items VALUES (4, 'd', 40)) UPDATE items SET n = 22 WHERE id = 2",
  );
  const response = await live;
  expect(response.headers.get('cache-control')).toBe('public, max-age=5, stale-while-revalidate=5');
  expect(response.headers.get('electric-cursor')).toMatch(/^\d+$/);
  expect(response.headers.get('electric-schema')).toBeNull();
  const text = await response.text();
  const lsn = response.headers.get('electric-offset')?.split('_')[0];
  expect(response.headers.get('electric-offset')).toBe(`${lsn}_2`);
  expect(response.headers.get('etag')).toBe(`"${handle}:${offset}:${lsn}_2"`);
  const messages = JSON.parse(text) as { headers: { operation?: string; txids?: number[] } }[];
  const txid = messages[0]?.headers.txids?.[0];
  const update = `{"value":{"id":"2","n":"22","title":"b"},"key":"\\"public\\".\\"items\\"/\\"2\\"","headers":{@"relation":["public","items"],"operation":"update","lsn":"${lsn}","op_position":#,"txids":[${txid}]},"old_value":{"n":"20"}}`;
  const insert = `{"value":{"id":"4","n":"40","title":"d"},"key":"\\"public\\".\\"items\\"/\\"4\\"","headers":{@"relation":["public","items"],"operation":"insert","lsn":"${lsn}","op_position":#,"txids":[${txid}]}}`;
  const ordered = messages[0]?.headers.operation === 'update' ? [update, insert] : [insert, update];
  const [first = '', second = ''] = ordered;
  expect(text).toBe(
    `[${first.replace('@', '').replace('#', '0')},${second.replace('@', '"last":true,').replace('#', '2')},{"headers":{"control":"up-to-date","global_last_seen_lsn":"${lsn}"}}]`,
  );
});

test('a change of the key is a deletion and an insertion that name each other', async () => {
  const { handle, offset } = await begin({ table: 'items', where: 'n = 20 OR n = 22' });
  await server.database.query('UPDATE items SET id = 33 WHERE id = 2');
  const response = await server.get({
    table: 'items',
    where: 'n = 20 OR n = 22',
    handle,
    offset,
    live: 'true',
  });
  const [gone, come] = (await response.json()) as Record<string, Record<string, unknown>>[];
  expect(gone?.value).toEqual({ id: '2' });
  expect(gone?.headers).toMatchObject({
    operation: 'delete',
    op_position: 0,
    key_change_to: '"public"."items"/"33"',
  });
  expect(gone?.headers).not.toHaveProperty('last');
  expect(come?.headers).toMatchObject({
    operation: 'insert',
    op_position: 1,
    last: true,
    key_change_from: '"public"."items"/"2"',
  });
});

test('a live request where nothing happens is answered as up to date when its time is over', async () => {
  const { handle, offset } = await begin({ table: 'many' });
  const response = await server.get({ table: 'many', handle, offset, live: 'true', cursor: '99999999999' });
  expect(response.status).toBe(200);
  expect(response.headers.get('electric-has-data')).toBe('false');
  expect(response.headers.get('electric-up-to-date')).toBe('');
  expect(response.headers.get('electric-offset')).toBe(offset);
  expect(response.headers.get('etag')).toMatch(new RegExp(`^"${handle}:${offset}:${offset}:-?\\d+"$`));
  expect(Number(response.headers.get('electric-cursor'))).toBeGreaterThan(99999999999);
  expect(await response.json()).toHaveLength(1);
});

test('a snapshot above the chunk size comes in chunks', async () => {
  let position: Position | null = null;
  const ids: string[] = [];
  const offsets: string[] = [];
  for (let requests = 0; requests < 10; requests += 1) {
    const response: Response = await server.get({ table: 'many', offset: '-1', ...position });
    position = positionOf(response);
    offsets.push(position.offset);
    const messages = (await response.json()) as { value?: { id: string } }[];
    for (const message of messages) if (message.value) ids.push(message.value.id);
    if (response.headers.has('electric-up-to-date')) break;
  }
  expect(offsets).toEqual(['0_0', '0_1', '0_2', '0_inf']);
  expect(ids.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
});

test('a log above the chunk size comes in chunks, up to date only at its end', async () => {
  const query = { table: 'many', columns: 'id,body' };
  let position = await begin(query);
  await server.database.query(
    "INSERT INTO many SELECT i, repeat('y', 1000) FROM generate_series(101, 125) i",
  );
  await expect
    .poll(async () => (await server.get({ ...query, ...position })).headers.get('electric-offset'))
    .not.toBe(position.offset);
  const sizes: number[] = [];
  const flags: boolean[] = [];
  for (let requests = 0; requests < 10; requests += 1) {
    const response: Response = await server.get({ ...query, ...position });
    position = positionOf(response);
    sizes.push(((await response.json()) as { key?: string }[]).filter((message) => message.key).length);
    flags.push(response.headers.has('electric-up-to-date'));
    if (flags.at(-1)) break;
  }
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(25);
  expect(flags).toEqual([...flags.slice(1).map(() => false), true]);
  expect(flags.length).toBe(3);
});

test('an unknown handle, or that of another shape, is sent to the right one', async () => {
  const { handle } = await begin({ table: 'items' });
  const other = await begin({ table: 'many' });
  for (const wrong of ['123-456', other.handle]) {
    for (const live of ['true', 'false']) {
      const response = await server.get({ table: 'items', offset: '0_0', handle: wrong, live });
      expect(response.status).toBe(409);
      expect(response.headers.get('electric-handle')).toBe(handle);
      expect(response.headers.get('etag')).toBe(`"${handle}::"`);
      expect(response.headers.get('cache-control')).toBe('public, max-age=60, must-revalidate');
      expect(await response.text()).toBe('[{"headers":{"control":"must-refetch"}}]');
    }
  }
});

test('a truncated table: a live poll gets a bare 409, the next request the new handle', async () => {
  await server.database.query('CREATE TABLE short (id int PRIMARY KEY)');
  const { handle, offset } = await begin({ table: 'short' });
  const live = server.get({ table: 'short', handle, offset, live: 'true' });
  await expect.poll(() => server.counters().liveRequests).toBeGreaterThan(0);
  await server.database.query('TRUNCATE short');
  const response = await live;
  expect(response.status).toBe(409);
  expect(response.headers.get('electric-handle')).toBeNull();
  expect(response.headers.get('cache-control')).toBe('public, max-age=1, must-revalidate');
  const again = await server.get({ table: 'short', handle, offset });
  expect(again.status).toBe(409);
  expect(again.headers.get('electric-handle')).not.toBe(handle);
});

test('a position that was never reached is out of bounds, after a wait', async () => {
  const { handle } = await begin({ table: 'items' });
  const response = await server.get({ table: 'items', handle, offset: '999999999999999_0' });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    message: 'Invalid request',
    errors: { offset: ['out of bounds for this shape'] },
  });
});

test('offset=now answers the position without rows', async () => {
  const response = await server.get({ table: 'items', offset: 'now', log: 'changes_only' });
  expect(response.headers.get('electric-has-data')).toBe('false');
  expect(response.headers.get('electric-offset')).toBe('0_inf');
  expect(response.headers.get('electric-cursor')).toBeNull();
  expect(await response.json()).toEqual([
    { headers: { control: 'up-to-date', global_last_seen_lsn: expect.stringMatching(/^\d+$/) } },
  ]);
  const initial = await server.get({ table: 'items', offset: '-1', log: 'changes_only' });
  expect(await initial.json()).toEqual([{ headers: expect.objectContaining({ control: 'snapshot-end' }) }]);
});

test('an ETag that the client has is answered 304', async () => {
  const first = await server.get({ table: 'items', offset: '-1' });
  await first.text();
  const etag = first.headers.get('etag') as string;
  const second = await server.get({ table: 'items', offset: '-1' }, { headers: { 'if-none-match': etag } });
  expect(second.status).toBe(304);
  expect(second.headers.get('electric-offset')).toBe('0_0');
  expect(await second.text()).toBe('');
});

test('HEAD, OPTIONS, DELETE, health, the root and other paths', async () => {
  const head = await server.get({ table: 'items', offset: '-1' }, { method: 'HEAD' });
  expect([head.status, await head.text(), head.headers.get('electric-offset')]).toEqual([200, '', '0_0']);
  const preflight = await server.get(
    { table: 'items' },
    {
      method: 'OPTIONS',
      headers: { origin: 'http://app', 'access-control-request-headers': 'If-None-Match,x' },
    },
  );
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('http://app');
  expect(preflight.headers.get('access-control-max-age')).toBe('86400');
  expect(preflight.headers.get('access-control-allow-headers')).toBe('if-none-match');
  const deletion = await server.get({ table: 'items' }, { method: 'DELETE' });
  expect([deletion.status, await deletion.json()]).toEqual([405, { message: 'DELETE not allowed' }]);
  const health = await fetch(`${server.url}/v1/health`);
  expect([health.status, await health.json()]).toEqual([200, { status: 'active' }]);
  expect(health.headers.get('cache-control')).toBe('no-cache, no-store, must-revalidate');
  expect((await fetch(server.url)).status).toBe(200);
  const missing = await fetch(`${server.url}/v1/nope`);
  expect([missing.status, await missing.text()]).toEqual([404, 'Not found']);
});

test('two spellings of one definition share a shape; other columns, replica or log make another', async () => {
  const handles = new Map<string, string>();
  const handleOf = async (name: string, query: Record<string, string>) => {
    const { handle } = await begin({ table: 'items', ...query });
    handles.set(name, handle);
  };
  await handleOf('plain', { columns: 'id,title', where: 'n = 5' });
  await handleOf('sorted', { columns: 'title,"id"', where: 'n=$1', 'params[1]': '5' });
  await handleOf('schema', { table: 'public.items', columns: 'id,title', where: '(n) = 5' });
  await handleOf('full', { columns: 'id,title', where: 'n = 5', replica: 'full' });
  await handleOf('value', { columns: 'id,title', where: 'n = 6' });
  await handleOf('all', { where: 'n = 5' });
  await handleOf('listed', { columns: 'id,title,n', where: 'n = 5' });
  expect(handles.get('sorted')).toBe(handles.get('plain'));
  expect(handles.get('schema')).toBe(handles.get('plain'));
  expect(new Set(handles.values()).size).toBe(5);
});

test('fifty long polls at one position are all answered by one change', async () => {
  const { handle, offset } = await begin({ table: 'items', where: 'n > 1000' });
  const polls = Array.from({ length: 50 }, () =>
    server.get({ table: 'items', where: 'n > 1000', handle, offset, live: 'true' }),
  );
  await expect.poll(() => server.counters().liveRequests).toBe(50);
  await server.database.query("INSERT INTO items VALUES (500, 'z', 5000)");
  const bodies = await Promise.all(polls.map(async (poll) => (await poll).text()));
  expect(new Set(bodies).size).toBe(1);
  expect(bodies[0]).toContain('"5000"');
  expect(server.counters().liveRequests).toBe(0);
});

test('a client that goes away frees its place', async () => {
  const { handle, offset } = await begin({ table: 'items', where: 'n > 9000' });
  const abort = new AbortController();
  const poll = server.get(
    { table: 'items', where: 'n > 9000', handle, offset, live: 'true' },
    { signal: abort.signal },
  );
  await expect.poll(() => server.counters().liveRequests).toBe(1);
  abort.abort();
  await expect(poll).rejects.toThrow('aborted');
  await expect.poll(() => server.counters().liveRequests, { timeout: 400 }).toBe(0);
});

test('with a secret only those who know it are answered', async () => {
  const secured = await startTestServer(['CREATE TABLE items (id int PRIMARY KEY)'], { secret: 's3cret' });
  try {
    for (const query of [{}, { secret: 'bad' }] as Record<string, string>[]) {
      const response = await secured.get({ table: 'items', offset: '-1', ...query });
      expect([response.status, await response.json()]).toEqual([
        401,
        { message: 'Unauthorized - Invalid API secret' },
      ]);
    }
    for (const query of [{ secret: 's3cret' }, { api_secret: 's3cret' }] as Record<string, string>[]) {
      expect((await secured.get({ table: 'items', offset: '-1', ...query })).status).toBe(200);
    }
  } finally {
    await secured.close();
  }
});

test('manual publishing never alters a table, and says what is missing', async () => {
  const manual = await startTestServer(['CREATE TABLE m1 (id int PRIMARY KEY)'], {
    publishing: 'manual',
    streamId: 'manual',
  });
  try {
    const refused = async () => {
      const response = await manual.get({ table: 'm1', offset: '-1' });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('10');
      expect(response.headers.get('electric-internal-known-error')).toBe('true');
      return ((await response.json()) as { message: string }).message;
    };
    expect(await refused()).toBe(
      'Database table "public.m1" is missing from the publication "electric_publication_manual" and the ELECTRIC_MANUAL_TABLE_PUBLISHING setting prevents Electric from adding it',
    );
    await manual.database.query('ALTER PUBLICATION electric_publication_manual ADD TABLE m1');
    expect(await refused()).toBe('Database table "public.m1" does not have its replica identity set to FULL');
    await manual.database.query('ALTER TABLE m1 REPLICA IDENTITY FULL');
    expect((await manual.get({ table: 'm1', offset: '-1' })).status).toBe(200);
  } finally {
    await manual.close();
  }
});
