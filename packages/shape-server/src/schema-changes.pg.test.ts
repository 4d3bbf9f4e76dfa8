import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { followShape } from './testing/client.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer([], { longPollMs: 1_500 });
});
afterAll(() => server.close());

const sql = (statement: string) => server.database.query(statement);
let table = '';
let number = 0;

/** A table of its own for each test, with the shapes of the recordings. */
beforeEach(async () => {
  number += 1;
  table = `t${number}`;
  await sql(`CREATE TABLE ${table} (id int PRIMARY KEY, title text, n int)`);
  await sql(`INSERT INTO ${table} VALUES (1, 'a', 10), (2, 'b', 20)`);
});

const SHAPES = {
  all: {},
  title: { columns: 'id,title' },
  n: { columns: 'id,n' },
  where: { columns: 'id,title', where: 'n > 1' },
} as const;
type ShapeName = keyof typeof SHAPES;

/** Begins the four shapes, changes the table, writes a row; answers the status of live poll and of a fresh request. */
async function afterChange(change: string, write: string): Promise<Record<ShapeName, string>> {
  const names = Object.keys(SHAPES) as ShapeName[];
  const begun = new Map<ShapeName, string>();
  for (const name of names) {
    const response = await server.get({ table, offset: '-1', ...SHAPES[name] });
    await response.text();
    begun.set(name, response.headers.get('electric-handle') as string);
  }
  const polls = names.map((name) =>
    server.get({ table, offset: '0_inf', live: 'true', handle: begun.get(name) as string, ...SHAPES[name] }),
  );
  await expect.poll(() => server.counters().liveRequests).toBe(names.length);
  await sql(change);
  await sql(write);
  const outcome: Partial<Record<ShapeName, string>> = {};
  for (const [index, name] of names.entries()) {
    const live = await (polls[index] as Promise<Response>);
    const fresh = await server.get({ table, offset: '-1', ...SHAPES[name] });
    const isSame = fresh.headers.get('electric-handle') === begun.get(name);
    const body = await fresh.text();
    outcome[name] =
      `live ${live.status}, fresh ${fresh.status}${fresh.status === 200 ? (isSame ? ' same' : ' new') : ''}`;
    if (fresh.status === 400) expect(body).toMatch(/columns are not found|unknown reference/);
  }
  return outcome as Record<ShapeName, string>;
}

const KEPT = 'live 200, fresh 200 same';
const ROTATED = 'live 409, fresh 200 new';
const REFUSED = 'live 409, fresh 400';

describe('DDL, then a write: the shapes concerned rotate, the others keep their handle (A8)', () => {
  test('ADD COLUMN', async () => {
    const outcome = await afterChange(
      `ALTER TABLE ${table} ADD COLUMN x int DEFAULT 7`,
      `INSERT INTO ${table} VALUES (5, 'five', 50)`,
    );
    expect(outcome).toEqual({ all: ROTATED, title: KEPT, n: KEPT, where: KEPT });
  });

  test('DROP COLUMN', async () => {
    const outcome = await afterChange(
      `ALTER TABLE ${table} DROP COLUMN n`,
      `INSERT INTO ${table} VALUES (5, 'five')`,
    );
    expect(outcome).toEqual({ all: ROTATED, title: KEPT, n: REFUSED, where: REFUSED });
  });

  test('RENAME COLUMN', async () => {
    const outcome = await afterChange(
      `ALTER TABLE ${table} RENAME COLUMN n TO num`,
      `INSERT INTO ${table} VALUES (5, 'five', 50)`,
    );
    expect(outcome).toEqual({ all: ROTATED, title: KEPT, n: REFUSED, where: REFUSED });
  });

  test('ALTER COLUMN TYPE', async () => {
    const outcome = await afterChange(
      `ALTER TABLE ${table} ALTER COLUMN n TYPE bigint`,
      `INSERT INTO ${table} VALUES (5, 'five', 50)`,
    );
    expect(outcome).toEqual({ all: ROTATED, title: KEPT, n: ROTATED, where: ROTATED });
  });

  test('SET NOT NULL concerns nobody', async () => {
    const outcome = await afterChange(
      `ALTER TABLE ${table} ALTER COLUMN title SET NOT NULL`,
      `INSERT INTO ${table} VALUES (5, 'five', 50)`,
    );
    expect(outcome).toEqual({ all: KEPT, title: KEPT, n: KEPT, where: KEPT });
  });
});

test('a column that was just added is served at once, also without any write, and pinned shapes live on', async () => {
  const pinned = await server.get({ table, offset: '-1', columns: 'id,title' });
  await pinned.text();
  const handle = pinned.headers.get('electric-handle') as string;
  expect((await server.get({ table, offset: '-1', columns: 'id,title,x' })).status).toBe(400);
  await sql(`ALTER TABLE ${table} ADD COLUMN x int DEFAULT 7`);
  const wider = await server.get({ table, offset: '-1', columns: 'id,title,x' });
  expect(wider.status).toBe(200);
  expect(((await wider.json()) as { value: unknown }[])[0]?.value).toEqual({ id: '1', title: 'a', x: '7' });
  const again = await server.get({ table, offset: '0_0', columns: 'id,title', handle });
  expect(again.status).toBe(200);
});

test('rows written before a column was added and after it all reach a shape begun in between', async () => {
  for (let round = 0; round < 10; round += 1) {
    await sql(`INSERT INTO ${table} VALUES (${100 + 2 * round}, 'before', 1)`);
    await sql(`ALTER TABLE ${table} ADD COLUMN x${round} int DEFAULT ${round}`);
    const shape = followShape(server.url, { table, columns: ['id', `x${round}`] });
    await sql(`INSERT INTO ${table} (id, title) VALUES (${101 + 2 * round}, 'after')`);
    await expect.poll(() => shape.rows().size).toBe(2 + 2 * (round + 1));
    expect(shape.refetches()).toBe(0);
    expect([...shape.rows().values()].every((row) => row[`x${round}`] === String(round))).toBe(true);
    shape.stop();
  }
});

test('a dropped and recreated table never serves an old row', async () => {
  const before = await server.get({ table, offset: '-1' });
  await before.text();
  const handle = before.headers.get('electric-handle') as string;
  await sql(
    `DROP TABLE ${table}; CREATE TABLE ${table} (id int PRIMARY KEY, title text, n int); INSERT INTO ${table} VALUES (9, 'new', 9)`,
  );
  const again = await server.get({ table, offset: '0_inf', handle });
  expect(again.status).toBe(409);
  expect(again.headers.get('electric-handle')).not.toBe(handle);
  const fresh = await server.get({ table, offset: '-1' });
  const ids = ((await fresh.json()) as { value?: { id: string } }[]).flatMap(
    (message) => message.value?.id ?? [],
  );
  expect(ids).toEqual(['9']);
  await sql(`INSERT INTO ${table} VALUES (10, 'newer', 9)`);
  const live = await server.get({
    table,
    offset: '0_inf',
    live: 'true',
    handle: fresh.headers.get('electric-handle') as string,
  });
  expect(await live.text()).toContain('newer');
});

test('a dropped table is refused, and its clients are told', async () => {
  const before = await server.get({ table, offset: '-1' });
  await before.text();
  await sql(`DROP TABLE ${table}`);
  const fresh = await server.get({ table, offset: '-1' });
  expect(fresh.status).toBe(400);
  expect(await fresh.text()).toContain('does not exist');
  const handle = before.headers.get('electric-handle') as string;
  expect((await server.get({ table, offset: '0_inf', handle, live: 'true' })).status).toBe(400);
});

test('a column swapped with another of its type is another column', async () => {
  await sql(`ALTER TABLE ${table} ADD COLUMN m int DEFAULT 5`);
  const before = await server.get({ table, offset: '-1', columns: 'id,n,m' });
  await before.text();
  await sql(
    `ALTER TABLE ${table} RENAME COLUMN n TO x; ALTER TABLE ${table} RENAME COLUMN m TO n; ALTER TABLE ${table} RENAME COLUMN x TO m`,
  );
  const live = server.get({
    table,
    offset: '0_inf',
    columns: 'id,n,m',
    live: 'true',
    handle: before.headers.get('electric-handle') as string,
  });
  await sql(`INSERT INTO ${table} (id) VALUES (5)`);
  expect((await live).status).toBe(409);
});

test('a table that leaves the publication, or loses its full identity, is taken in again with a new shape', async () => {
  const first = await server.get({ table, offset: '-1' });
  await first.text();
  await sql(`ALTER PUBLICATION electric_publication_default DROP TABLE ${table}`);
  await sql(`INSERT INTO ${table} VALUES (5, 'unseen', 5)`);
  const handle = first.headers.get('electric-handle') as string;
  expect((await server.get({ table, offset: '0_inf', handle })).status).toBe(409);
  const second = await server.get({ table, offset: '-1' });
  expect(await second.text()).toContain('unseen');
  await sql(`ALTER TABLE ${table} REPLICA IDENTITY DEFAULT`);
  const live = server.get({
    table,
    offset: '0_inf',
    live: 'true',
    handle: second.headers.get('electric-handle') as string,
  });
  await sql(`UPDATE ${table} SET n = 11 WHERE id = 1`);
  expect((await live).status).toBe(409);
  const third = await server.get({ table, offset: '-1' });
  expect(await third.text()).toContain('"11"');
});

test('generated columns are carried where Postgres publishes them', async () => {
  await sql(`CREATE TABLE g${number} (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)`);
  await sql(`INSERT INTO g${number} VALUES (1)`);
  const shape = followShape(server.url, { table: `g${number}` });
  await expect.poll(() => [...shape.rows().values()]).toEqual([{ id: '1', twice: '2' }]);
  await sql(`INSERT INTO g${number} VALUES (4)`);
  await expect.poll(() => [...shape.rows().values()].at(-1)).toEqual({ id: '4', twice: '8' });
  expect(shape.refetches()).toBe(0);
  shape.stop();
});
