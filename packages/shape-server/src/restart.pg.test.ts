import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type LocalPostgres, startLocalPostgres } from '@lockstep/local-postgres';
import { afterEach, expect, test } from 'vitest';
import { serve } from './serve.ts';
import { createShapeServer } from './server.ts';
import { openDatabase } from './source/connection.ts';
import { followShape } from './testing/client.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('Postgres stops and starts again: answers say so meanwhile, and the client ends with the rows of the table', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lockstep-restart-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o755);
  const port = await freePort();
  const start = (): Promise<LocalPostgres> =>
    startLocalPostgres({
      dataDir: join(directory, 'postgres'),
      port,
      persistent: true,
      settings: { fsync: 'off' },
    });
  let postgres = await start();
  cleanups.push(() => postgres.stop());
  const run = async (statement: string) => {
    const database = openDatabase(postgres.url(), 1);
    await database.query(statement);
    await database.close();
  };
  await run('CREATE TABLE items (id int PRIMARY KEY, title text)');
  await run("INSERT INTO items VALUES (1, 'before')");
  const core = await createShapeServer({ databaseUrl: postgres.url() });
  const server = await serve(core, { port: 0 });
  cleanups.push(() => server.close());
  const shape = followShape(server.url, { table: 'items' });
  cleanups.push(() => shape.stop());
  await expect.poll(() => shape.rows().size).toBe(1);

  await postgres.stop();
  await expect.poll(async () => (await fetch(`${server.url}/v1/health`)).status).toBe(202);
  const refused = await fetch(`${server.url}/v1/shape?table=other&offset=-1`);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

  postgres = await start();
  await run("INSERT INTO items VALUES (2, 'after')");
  await expect.poll(() => shape.rows().size, { timeout: 30_000 }).toBe(2);
  expect(core.counters.streamStarts).toBe(2);
});

test('a Postgres that is not there, or can not replicate, is named at the start', async () => {
  const port = await freePort();
  await expect(
    createShapeServer({ databaseUrl: `postgresql://postgres:x@127.0.0.1:${port}/postgres` }),
  ).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
  await expect(
    createShapeServer({ databaseUrl: process.env.LOCKSTEP_TEST_POSTGRES_URL as string, streamId: 'No!' }),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
