import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startProxy } from './server.ts';
import { frontend } from './testing/frontend.ts';
import { failureOf, startTestProxy, type TestProxy } from './testing/proxy.ts';

let under: TestProxy;

beforeAll(async () => {
  under = await startTestProxy({ limits: { drainMs: 1000 } });
});
afterEach(() => under.reset());
afterAll(() => under.close());

const LINE = `${'x'.repeat(199)}\n`;
const LINES = 40_000;

test('B7: COPY of 8 MB in and out, with a slow reader', async () => {
  const raw = await under.connectRaw();
  raw.send(frontend.query('CREATE TABLE items (line text)'), frontend.query('COPY items FROM STDIN'));
  const block = frontend.copyData(LINE.repeat(500));
  for (let sent = 0; sent < LINES; sent += 500) {
    if (!raw.socket.write(block)) await once(raw.socket, 'drain');
  }
  raw.send(frontend.copyDone());
  expect(await raw.until(2)).toContain(`C:COPY ${LINES}`);

  const reader = await under.connectRaw();
  reader.socket.pause();
  reader.send(frontend.query('COPY items TO STDOUT'));
  let bytes = 0;
  const answers = new Promise<void>((resolve) => {
    reader.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // What comes last is ReadyForQuery.
      if (chunk.toString('latin1', chunk.length - 6) === 'Z\0\0\0\x05I') resolve();
    });
  });
  for (let turn = 0; turn < 20; turn += 1) {
    reader.socket.resume();
    await new Promise(setImmediate);
    reader.socket.pause();
  }
  reader.socket.resume();
  await answers;
  expect(bytes).toBeGreaterThan(LINES * (LINE.length + 5));
});

test('a client that does not read makes Postgres wait, instead of filling the proxy', async () => {
  const raw = await under.connectRaw();
  raw.socket.pause();
  raw.send(frontend.query("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT"));
  const memory = process.memoryUsage().rss;
  await expect
    .poll(
      async () => {
        const [row] = await under.database.query<{ wait_event: string }>(
          `SELECT wait_event FROM pg_stat_activity WHERE pid = ${raw.processId}`,
        );
        return row?.wait_event;
      },
      { timeout: 10_000 },
    )
    .toBe('ClientWrite');
  expect(process.memoryUsage().rss - memory).toBeLessThan(50_000_000);
});

test('a query and a value of several MB', async () => {
  const client = await under.connect();
  const long = 'electric '.repeat(300_000);
  const { rows } = await client.query(`SELECT length('${long}') AS simple`);
  expect(rows).toEqual([{ simple: long.length }]);
  expect((await client.query('SELECT length($1) AS bound', [long])).rows).toEqual([{ bound: long.length }]);
  await client.query('CREATE TABLE items (id int PRIMARY KEY)');
  await client.query(`SELECT '${long}'; ALTER TABLE items ENABLE ELECTRIC`);
  expect(await under.database.query('SELECT table_name FROM electric.electrified')).toEqual([
    { table_name: 'items' },
  ]);
});

test('a query beyond the limit passes without being looked into', async () => {
  const small = await startProxy({
    upstreamUrl: under.database.url,
    password: 'x',
    port: 0,
    limits: { interceptBytesMax: 1000 },
    log: (event) => under.events.push(event),
  });
  const client = await under.connect({ port: small.port, password: 'x' });
  const { rows } = await client.query(`SELECT length('${'y'.repeat(5000)}') AS n`);
  expect(rows).toEqual([{ n: 5000 }]);
  expect(under.events).toContainEqual(expect.objectContaining({ kind: 'not-inspected' }));
  await client.end();
  await small.close();
});

test('notices and notifications arrive', async () => {
  const client = await under.connect();
  const notices: (string | undefined)[] = [];
  client.on('notice', (notice) => notices.push(notice.message));
  await client.query('CREATE TABLE items (id int PRIMARY KEY)');
  await client.query('ALTER TABLE items ENABLE ELECTRIC');
  expect(notices).toEqual([]);
  await client.query('ALTER TABLE items ENABLE ELECTRIC; ALTER TABLE IF EXISTS gone ENABLE ELECTRIC');
  expect(notices).toEqual(['table public.items is already electrified', 'relation does not exist, skipping']);
  const heard = once(client, 'notification');
  await client.query('LISTEN here');
  await under.database.query("NOTIFY here, 'hello'");
  expect((await heard)[0]).toMatchObject({ channel: 'here', payload: 'hello' });
});

test('a running query is cancelled, and the session goes on', async () => {
  const client = await under.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const running = client.query('SELECT pg_sleep(30)');
  const failure = failureOf(running);
  await vi.waitFor(async () => {
    const [row] = await under.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE pid = ${rows[0]?.pid} AND state = 'active'`,
    );
    expect(row?.n).toBe(1);
  });
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const { cancelUpstream } = await import('./upstream.ts');
  await cancelUpstream({ url: under.proxy.url(), processId: processID, secret: secretKey, timeoutMs: 5000 });
  expect(await failure).toMatchObject({ code: '57014' });
  expect(under.proxy.counters.cancelled).toBe(1);
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('Postgres ends a session in the middle of a query: the client gets the error, both sides are freed', async () => {
  const client = await under.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const failure = failureOf(client.query('SELECT pg_sleep(30)'));
  await under.database.query(`SELECT pg_terminate_backend(${rows[0]?.pid})`);
  expect(await failure).toMatchObject({ code: '57P01' });
});

test('the connection to Postgres breaks: the client is told, and both sides are freed', async () => {
  const target = new URL(under.database.url);
  const port = Number(target.port);
  const wires = new Set<Socket>();
  const cable = createServer((near) => {
    const far = connectSocket(port, target.hostname);
    for (const wire of [near, far]) wires.add(wire.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  await once(cable.listen(0, '127.0.0.1'), 'listening');
  target.port = String((cable.address() as AddressInfo).port);
  const fragile = await startProxy({ upstreamUrl: target.href, password: 'x', port: 0 });
  const client = await under.connect({ port: fragile.port, password: 'x' });
  const failure = failureOf(client.query('SELECT pg_sleep(30)'));
  for (const wire of wires) wire.destroy();
  expect(await failure).toMatchObject({ code: '08006' });
  await vi.waitFor(() => expect(fragile.counters).toMatchObject({ open: 0, sessions: 0 }));
  cable.close();
  await expect(under.connect({ port: fragile.port, password: 'x' })).rejects.toMatchObject({ code: '08006' });
  await fragile.close();
});

test('twenty sessions opened and closed, politely and not, leave nothing behind', async () => {
  const before = under.proxy.counters;
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      if (index % 2 === 0) {
        const client = await under.connect();
        await client.query('SELECT 1');
        await client.end();
        return;
      }
      const raw = await under.connectRaw();
      raw.send(frontend.query('SELECT generate_series(1, 100000)'));
      raw.socket.destroy();
    }),
  );
  await vi.waitFor(
    () =>
      expect(under.proxy.counters).toMatchObject({ open: 0, sessions: 0, accepted: before.accepted + 20 }),
    10_000,
  );
  await vi.waitFor(async () => {
    const [row] = await under.database.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%generate_series%' AND pid <> pg_backend_pid()",
    );
    expect(row?.n).toBe(0);
  }, 10_000);
});

test('closing the proxy tells its clients and returns', async () => {
  const other = await startProxy({ upstreamUrl: under.database.url, password: 'x', port: 0 });
  const client = await under.connect({ port: other.port, password: 'x' });
  const failure = failureOf(client.query("SELECT pg_sleep(30), 'closing'"));
  const running = () =>
    under.database.query(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%''closing''' AND state = 'active'",
    );
  await expect.poll(running).toHaveLength(1);
  await other.close();
  expect(await failure).toMatchObject({ code: '57P01' });
  expect(await running()).toEqual([]);
  expect(other.counters).toMatchObject({ open: 0, sessions: 0 });
});

test('a client that ends just before the proxy closes sees no error', async () => {
  const other = await startProxy({ upstreamUrl: under.database.url, password: 'x', port: 0 });
  const client = await under.connect({ port: other.port, password: 'x' });
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  const ended = client.end();
  await other.close();
  await ended;
  expect(errors).toEqual([]);
});
