import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { type Proxy, startProxy } from '@lockstep/electric-proxy';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromRoot } from '../root.ts';

const FIRST = fromRoot(
  'drizzle',
  readdirSync(fromRoot('drizzle')).find((name) => name.startsWith('0000_')) as string,
);

let database: TestDatabase;
let proxy: Proxy;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startProxy({ upstreamUrl: database.url, password: 'secret', port: 0 });
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
});

test('on the direct port the first migration fails with the syntax error of Postgres (B11)', async () => {
  const run = await psql(database.url);
  expect(run.status).toBe(3);
  expect(run.stderr).toContain('syntax error at or near "ELECTRIC"');
});

test('through the proxy it works onto an empty database, and its synced tables are published (B7)', async () => {
  await database.query('DROP SCHEMA public CASCADE');
  await database.query('CREATE SCHEMA public');
  const run = await psql(proxy.url(database.name));
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  const published = await database.query<{ tablename: string }>(
    'SELECT tablename FROM pg_publication_tables ORDER BY tablename',
  );
  expect(published.map(({ tablename }) => tablename)).toEqual(['members', 'profiles', 'users', 'workspaces']);
});

/** Not `spawnSync`: the proxy answers from this process. */
function psql(url: string): Promise<{ readonly status: number; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile('psql', [url, '-v', 'ON_ERROR_STOP=1', '-f', FIRST], (error, _stdout, stderr) => {
      if (error?.code === 'ENOENT')
        reject(new Error('psql is missing: install the Debian package postgresql-client.'));
      else resolve({ status: error === null ? 0 : Number(error.code), stderr });
    });
  });
}
