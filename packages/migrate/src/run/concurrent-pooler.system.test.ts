import { createTestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runnersConformance } from '../testing/concurrent-runners.ts';
import { connect } from '../testing/connect.ts';
import { type Pooler, startPooler } from '../testing/pgbouncer.ts';

let pooler: Pooler;
beforeAll(async () => {
  pooler = await startPooler(process.env.LOCKSTEP_TEST_POSTGRES_URL ?? '');
});
afterAll(() => pooler.stop());

it('control: behind it two transactions of one connection run on different backends', async () => {
  const database = await createTestDatabase('pooled');
  const clients = await Promise.all(Array.from({ length: 3 }, () => connect(pooler.url(database.name))));
  const [first, second, third] = clients as [(typeof clients)[0], (typeof clients)[0], (typeof clients)[0]];
  const backend = async (client: typeof first) =>
    (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  const own = await backend(first);
  await second.query('BEGIN');
  expect(await backend(second)).toBe(own);
  await third.query('BEGIN');
  expect(await backend(first)).not.toBe(own);
  await Promise.all(clients.map((client) => client.end()));
  await database.drop();
});

runnersConformance('behind pgbouncer in transaction mode', async () => {
  const database = await createTestDatabase('pooled');
  return { url: pooler.url(database.name), directUrl: database.url, close: () => database.drop() };
});
