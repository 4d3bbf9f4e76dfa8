import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { runnersConformance } from '../testing/concurrent-runners.ts';
import { connect } from '../testing/connect.ts';
import { systemClock } from './clock.ts';
import type { RunEvent } from './events.ts';
import { postgresExecutor } from './executor/postgres.ts';
import { acquireLease } from './lease.ts';
import { runMigrations } from './run-migrations.ts';
import { ensureTracking } from './tracking-schema.ts';

let database: TestDatabase;
const clients: pg.Client[] = [];
const open = async () => {
  const client = await connect(database.url);
  clients.push(client);
  return postgresExecutor(client);
};

beforeEach(async () => {
  database = await createTestDatabase('concurrent');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await database.drop();
});

const bundle = testBundle([
  { tag: '0000_items', statements: ['CREATE TABLE items (id int)', 'SELECT pg_sleep(0.1)'] },
  { tag: '0001_rows', statements: ['INSERT INTO items VALUES (1)'] },
  {
    tag: '0002_index',
    statements: [{ sql: 'CREATE INDEX CONCURRENTLY items_id ON items (id)', transactional: false }],
  },
]);
const lease = { pollMs: 20 };

runnersConformance('straight at Postgres', async () => {
  const { url, drop } = await createTestDatabase('runners');
  return { url, directUrl: url, close: drop };
});

describe('several runners at once', () => {
  it.each([2, 5])('C1: of %i on a fresh database one applies each migration, none fails', async (count) => {
    const executors = await Promise.all(Array.from({ length: count }, open));
    const results = await Promise.all(
      executors.map((executor) => runMigrations(executor, bundle, { target: 'server', lease })),
    );
    const applied = results.flatMap(({ migrations }) =>
      migrations.map(({ tag, outcome }) => `${tag} ${outcome}`),
    );
    expect(applied).toEqual(['0000_items applied', '0001_rows applied', '0002_index applied']);
    expect(results.filter(({ kind }) => kind === 'up-to-date')).toHaveLength(count - 1);
    expect(await database.query('SELECT * FROM items')).toHaveLength(1);
    expect(await database.query('SELECT FROM drizzle.__drizzle_migrations')).toHaveLength(3);
  });

  it('C1: published failure: of two on an existing database one applies what is new, none fails (drizzle #874)', async () => {
    const [first, second] = [await open(), await open()];
    await runMigrations(first, { migrations: bundle.migrations.slice(0, 1) }, { target: 'server' });
    const results = await Promise.all(
      [first, second].map((executor) => runMigrations(executor, bundle, { target: 'server', lease })),
    );
    expect(results.map(({ kind }) => kind).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'applied',
      'up-to-date',
    ]);
    expect(await database.query('SELECT * FROM items')).toHaveLength(1);
    expect(await database.query('SELECT FROM drizzle.__drizzle_migrations')).toHaveLength(3);
  });

  it('control: without the lease one of two fails', async () => {
    const executors = (await Promise.all([open(), open()])).map((executor) => ({
      ...executor,
      capabilities: { ...executor.capabilities, isShared: false },
    }));
    await ensureTracking(await open(), 'server', systemClock);
    const results = await Promise.all(
      executors.map((executor) => runMigrations(executor, bundle, { target: 'server' })),
    );
    expect(results.map(({ kind }) => kind)).toContain('failed');
  });

  it('published failure: CREATE SCHEMA IF NOT EXISTS races: twenty connections create the tracking tables at once, and none fails (nx-tools #337)', async () => {
    const executors = await Promise.all(Array.from({ length: 20 }, open));
    await Promise.all(executors.map((executor) => ensureTracking(executor, 'server', systemClock)));
    expect(await database.query('SELECT FROM lockstep.lease')).toHaveLength(1);
  });
});

describe('the lease', () => {
  const acquire = async (
    options: { termMs: number; waitMs?: number },
    onWaiting: (holder: string) => void = () => undefined,
  ) => {
    const executor = await open();
    return {
      executor,
      lease: await acquireLease(executor, { ...lease, ...options }, systemClock, onWaiting),
    };
  };

  it('published failure: the lock row of a killed runner keeps nobody out (liquibase): taken over when its term ends, and the dead one can commit nothing', async () => {
    await ensureTracking(await open(), 'server', systemClock);
    const first = await acquire({ termMs: 300 });
    const waiting = vi.fn<(holder: string) => void>();
    const second = await acquire({ termMs: 10_000 }, waiting);
    expect(waiting).toHaveBeenCalledTimes(1);
    await expect(first.executor.transaction((tx) => first.lease.enter(tx))).rejects.toMatchObject({
      code: 'MIGRATION_LEASE_LOST',
    });
    await first.lease.release();
    await second.executor.transaction((tx) => second.lease.enter(tx));
  });

  it('of a runner that is inside a transaction or a long statement is not taken, however late it is', async () => {
    await ensureTracking(await open(), 'server', systemClock);
    const { executor, lease: held } = await acquire({ termMs: 1 });
    const attempt = () => acquire({ termMs: 10_000, waitMs: 200 });
    await executor.transaction(async (tx) => {
      await tx.query('SELECT FROM lockstep.lease FOR UPDATE');
      await expect(attempt()).rejects.toMatchObject({ code: 'MIGRATION_LEASE_TIMEOUT' });
    });
    const statement = executor.exec(`${held.mark}SELECT pg_sleep(1)`);
    await vi.waitFor(async () => {
      const busy = await database.query(
        "SELECT FROM pg_stat_activity WHERE query LIKE '/* lockstep lease % SELECT pg_sleep(1)'",
      );
      expect(busy).toHaveLength(1);
    });
    await expect(attempt()).rejects.toMatchObject({ code: 'MIGRATION_LEASE_TIMEOUT' });
    await statement;
    await acquire({ termMs: 10_000, waitMs: 2000 });
    await held.release();
  });

  it('of a runner that froze inside its transaction ends with its term', async () => {
    await ensureTracking(await open(), 'server', systemClock);
    const { executor, lease: held } = await acquire({ termMs: 200 });
    let thaw: () => void = () => undefined;
    const frozen = executor.transaction(async (tx) => {
      await held.enter(tx);
      await tx.exec('CREATE TABLE items (id int)');
      await new Promise<void>((resolve) => {
        thaw = resolve;
      });
      await tx.exec(held.renewal);
    });
    const outcome = frozen.catch((error: unknown) => error);
    await acquire({ termMs: 10_000, waitMs: 10_000 });
    thaw();
    expect(await outcome).toBeInstanceOf(Error);
    expect(await database.query("SELECT FROM pg_class WHERE relname = 'items'")).toHaveLength(0);
  });
});

describe('locks', () => {
  it('B12: a table in use is not queued for: the migration gives up its locks and comes back', async () => {
    const reader = await connect(database.url);
    await reader.query('CREATE TABLE items (id int)');
    await reader.query('BEGIN; SELECT * FROM items');
    const history = testBundle([{ tag: '0000_a', statements: ['ALTER TABLE items ADD COLUMN a int'] }]);
    const events: RunEvent[] = [];
    const result = await runMigrations(await open(), history, {
      target: 'server',
      lockTimeoutMs: 100,
      onEvent(event) {
        events.push(event);
        if (event.kind === 'retrying') void reader.query('COMMIT');
      },
      clock: { ...systemClock, random: () => 0 },
    });
    await reader.end();
    expect(result).toMatchObject({ kind: 'applied' });
    expect(events).toContainEqual({ kind: 'retrying', tag: '0000_a', attempt: 1, delayMs: 250 });
  });

  it('says so when the locks are never to be had', async () => {
    const reader = await connect(database.url);
    await reader.query('CREATE TABLE items (id int)');
    await reader.query('BEGIN; SELECT * FROM items');
    const history = testBundle([{ tag: '0000_a', statements: ['ALTER TABLE items ADD COLUMN a int'] }]);
    const clock = { ...systemClock, sleep: async () => undefined };
    const result = await runMigrations(await open(), history, {
      target: 'server',
      lockTimeoutMs: 20,
      lockAttempts: 3,
      clock,
    });
    await reader.end();
    expect(result).toMatchObject({ kind: 'failed', error: { details: { sqlState: '55P03' } } });
  });
});
