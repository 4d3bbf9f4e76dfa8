import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FollowedShape, followShape } from './testing/client.ts';
import { startTestServer, type TestServer } from './testing/server.ts';

let server: TestServer;
const followed: FollowedShape[] = [];

beforeAll(async () => {
  server = await startTestServer(['CREATE TABLE items (id int PRIMARY KEY, title text, n int)']);
});
afterAll(() => server.close());
beforeEach(async () => {
  for (const shape of followed.splice(0)) shape.stop();
  await sql('TRUNCATE items');
  await sql("INSERT INTO items VALUES (1, 'a', 10), (2, 'b', 20)");
});

const sql = (statement: string) => server.database.query(statement);
const follow = (params: Record<string, unknown> = {}, options = {}): FollowedShape => {
  const shape = followShape(server.url, { table: 'items', ...params }, options);
  followed.push(shape);
  return shape;
};
const idsOf = (shape: FollowedShape) => [...shape.rows().values()].map((row) => row.id as string).sort();
const rowOf = (shape: FollowedShape, id: number) => shape.rows().get(`"public"."items"/"${id}"`);

test('the published client gets the rows, then inserts, updates and deletes', async () => {
  const shape = follow();
  await expect.poll(() => idsOf(shape)).toEqual(['1', '2']);
  expect(rowOf(shape, 1)).toEqual({ id: '1', title: 'a', n: '10' });
  await sql("INSERT INTO items VALUES (3, 'c', NULL)");
  await expect.poll(() => rowOf(shape, 3)).toEqual({ id: '3', title: 'c', n: null });
  await sql("UPDATE items SET title = 'é/\"\\' WHERE id = 3");
  await expect.poll(() => rowOf(shape, 3)).toEqual({ id: '3', title: 'é/"\\', n: null });
  await sql('DELETE FROM items WHERE id = 1');
  await expect.poll(() => idsOf(shape)).toEqual(['2', '3']);
  await sql('UPDATE items SET id = 33 WHERE id = 3');
  await expect.poll(() => idsOf(shape)).toEqual(['2', '33']);
  expect(shape.contradictions()).toBe(0);
  expect(shape.refetches()).toBe(0);
});

test('a row that moves into or out of the clause comes and goes', async () => {
  const shape = follow({ where: 'n > $1 AND title IN ($2, $3)', params: ['15', 'a', 'b'] });
  await expect.poll(() => idsOf(shape)).toEqual(['2']);
  await sql('UPDATE items SET n = 16 WHERE id = 1');
  await expect.poll(() => idsOf(shape)).toEqual(['1', '2']);
  expect(rowOf(shape, 1)).toEqual({ id: '1', title: 'a', n: '16' });
  await sql("UPDATE items SET title = 'x' WHERE id = 2");
  await expect.poll(() => idsOf(shape)).toEqual(['1']);
  expect(shape.contradictions()).toBe(0);
});

test('only the columns that were asked for are sent', async () => {
  const shape = follow({ columns: ['id', 'title'] });
  await expect.poll(() => rowOf(shape, 1)).toEqual({ id: '1', title: 'a' });
  await sql('UPDATE items SET n = 11 WHERE id = 1');
  await sql("UPDATE items SET title = 'z' WHERE id = 1");
  await expect.poll(() => rowOf(shape, 1)).toEqual({ id: '1', title: 'z' });
});

test('offset=now delivers what happens from now on', async () => {
  const shape = follow({}, { offset: 'now', log: 'changes_only' });
  await expect.poll(() => shape.stream.isUpToDate).toBe(true);
  await sql("INSERT INTO items VALUES (3, 'c', 30)");
  await expect.poll(() => idsOf(shape)).toEqual(['3']);
});

test('TRUNCATE makes the client fetch anew', async () => {
  const shape = follow();
  await expect.poll(() => idsOf(shape)).toEqual(['1', '2']);
  await sql('TRUNCATE items');
  await sql("INSERT INTO items VALUES (7, 'g', 70)");
  await expect.poll(() => idsOf(shape)).toEqual(['7']);
  expect(shape.refetches()).toBe(1);
});

test('after a restart of the server in mid-stream the client holds the rows of the table', async () => {
  const shape = follow();
  await expect.poll(() => idsOf(shape)).toEqual(['1', '2']);
  const restarted = server.restart();
  await sql("INSERT INTO items VALUES (3, 'while it was away', 30)");
  await sql('DELETE FROM items WHERE id = 1');
  await restarted;
  await sql("INSERT INTO items VALUES (4, 'after', 40)");
  await expect.poll(() => idsOf(shape), { timeout: 20_000 }).toEqual(['2', '3', '4']);
});

test('the event stream of live_sse delivers changes', async () => {
  const shape = follow({}, { liveSse: true });
  await expect.poll(() => idsOf(shape)).toEqual(['1', '2']);
  for (let id = 3; id < 8; id += 1) await sql(`INSERT INTO items VALUES (${id}, 'x', ${id})`);
  await expect.poll(() => idsOf(shape)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

test('when replication is lost the shapes begin anew and no row is missed', async () => {
  const shape = follow();
  await expect.poll(() => idsOf(shape)).toEqual(['1', '2']);
  await sql(
    'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database() AND active',
  );
  await sql("INSERT INTO items VALUES (3, 'c', 30)");
  await expect.poll(() => idsOf(shape), { timeout: 20_000 }).toEqual(['1', '2', '3']);
});
