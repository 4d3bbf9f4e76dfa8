import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import type pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { connect } from '../testing/connect.ts';
import { systemClock } from './clock.ts';
import { postgresExecutor } from './executor/postgres.ts';
import { runMigrations } from './run-migrations.ts';

const LOCK_TIMEOUT_MS = 300;
/** What a statement takes on a busy machine beside the waiting. */
const SLACK_MS = 1000;
const READER_MS = 6 * LOCK_TIMEOUT_MS;

const HISTORY = testBundle([{ tag: '0000_column', statements: ['ALTER TABLE items ADD COLUMN name text'] }]);

let database: TestDatabase;
const clients: pg.Client[] = [];
const open = async () => {
  const client = await connect(database.url);
  clients.push(client);
  return client;
};

beforeEach(async () => {
  database = await createTestDatabase('long_reader');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await database.drop();
});

/** While a report reads the table for long and a migration wants to alter it: how long others waited at most, in ms. */
async function measureOthers(lockTimeoutMs: number): Promise<number> {
  const [report, migrator, reader, writer] = [await open(), await open(), await open(), await open()];
  await report.query('CREATE TABLE items (id int PRIMARY KEY)');
  await report.query('BEGIN; SELECT FROM items');
  let tellBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve;
  });
  const run = runMigrations(postgresExecutor(migrator), HISTORY, {
    target: 'server',
    lockTimeoutMs,
    onEvent({ kind }) {
      if (kind === 'started') tellBegun();
    },
    clock: { ...systemClock, random: () => 0 },
  });
  await begun;
  const longest = async (client: pg.Client, sql: string) => {
    let waitedMs = 0;
    const until = performance.now() + READER_MS;
    while (performance.now() < until) {
      const sentAt = performance.now();
      await client.query(sql);
      waitedMs = Math.max(waitedMs, performance.now() - sentAt);
    }
    return waitedMs;
  };
  const ended = new Promise((resolve) => setTimeout(resolve, READER_MS)).then(() => report.query('COMMIT'));
  const [waited, result] = await Promise.all([
    Promise.all([
      longest(reader, 'SELECT count(*) FROM items'),
      longest(writer, 'INSERT INTO items SELECT coalesce(max(id), 0) + 1 FROM items'),
    ]),
    run,
    ended,
  ]);
  expect(result.kind).toBe('applied');
  return Math.max(...waited);
}

it('B12: published failure: behind a long reader an ALTER queues the whole site for hours (minhle.xyz): others wait for lock_timeout at most, and it applies once the reader is done', async () => {
  const waitedMs = await measureOthers(LOCK_TIMEOUT_MS);
  expect(waitedMs).toBeLessThan(LOCK_TIMEOUT_MS + SLACK_MS);
});

it('control: without a lock_timeout to speak of others wait until the long reader is done', async () => {
  expect(await measureOthers(60_000)).toBeGreaterThan(READER_MS - LOCK_TIMEOUT_MS);
});
