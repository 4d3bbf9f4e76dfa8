import { afterEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let database: TestDatabase | null = null;
afterEach(async () => {
  await database?.drop();
  database = null;
});

test('the embedded server is a real Postgres that can replicate logically', async () => {
  database = await createTestDatabase();
  const [row] = await database.query<{ wal_level: string; version: string }>(
    "SELECT current_setting('wal_level') AS wal_level, version()",
  );
  expect(row?.wal_level).toBe('logical');
  expect(row?.version).toMatch(/^PostgreSQL \d+/);
});

test('it listens on loopback only', async () => {
  database = await createTestDatabase();
  const [row] = await database.query<{ listen: string }>(
    "SELECT current_setting('listen_addresses') AS listen",
  );
  expect(row?.listen).toBe('127.0.0.1');
});
