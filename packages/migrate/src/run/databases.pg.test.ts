import { PGlite } from '@electric-sql/pglite';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { isLockstepError } from '@lockstep/protocol';
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { connect } from '../testing/connect.ts';
import { type MigratableDatabase, withExecutor } from './executor/with-executor.ts';
import { runMigrations } from './run-migrations.ts';
import { getAppliedMigrations, markMigrationApplied } from './tracking.ts';

const bundle = testBundle([
  { tag: '0000_items', statements: ['CREATE TABLE items (id int)'] },
  { tag: '0001_notes', statements: ['CREATE TABLE notes (id int)'] },
]);

let database: TestDatabase;
let pglite: PGlite;
let client: pg.Client;
let pool: pg.Pool;
beforeAll(async () => {
  [database, pglite] = await Promise.all([createTestDatabase('databases'), PGlite.create()]);
  client = await connect(database.url);
  pool = new pg.Pool({ connectionString: database.url, max: 1 });
});
afterAll(async () => {
  await Promise.all([pglite.close(), client.end(), pool.end()]);
  await database.drop();
});

const EMPTY = 'DROP SCHEMA IF EXISTS drizzle, lockstep CASCADE; DROP TABLE IF EXISTS items, notes';
beforeEach(async () => {
  await pglite.exec(EMPTY);
  await client.query(EMPTY);
});

describe('D2: the API takes whatever a program has of its database, with the target that fits it', () => {
  const databases: readonly [string, 'server' | 'embedded', () => MigratableDatabase][] = [
    ['a PGlite', 'embedded', () => pglite],
    ['drizzle() over a PGlite', 'embedded', () => drizzlePglite({ client: pglite })],
    ['a client of node-postgres', 'server', () => client],
    ['a pool of node-postgres', 'server', () => pool],
    ['drizzle() over a client', 'server', () => drizzlePostgres({ client })],
    ['drizzle() over a pool', 'server', () => drizzlePostgres({ client: pool })],
  ];

  it.each(databases)('%s', async (_name, target, open) => {
    const db = open();
    expect(await getAppliedMigrations(db)).toEqual([]);
    const [items] = bundle.migrations;
    if (items === undefined) throw new Error('unreachable');
    await markMigrationApplied(db, items);
    expect(await runMigrations(db, bundle)).toMatchObject({
      kind: 'applied',
      migrations: [{ tag: '0001_notes' }],
    });
    expect(await runMigrations(db, bundle)).toMatchObject({ kind: 'up-to-date' });
    expect(await getAppliedMigrations(db)).toMatchObject([
      { tag: '0000_items', target },
      { tag: '0001_notes', target },
    ]);
    expect(pool.totalCount).toBe(pool.idleCount);
  });

  it('an executor of one’s own', async () => {
    const result = await withExecutor(pglite, (executor) => runMigrations(executor, bundle));
    expect(result).toMatchObject({ kind: 'applied' });
  });

  it('anything else, and no bundle, are refused with what to give', async () => {
    const code = async (work: Promise<unknown>) =>
      work.then(
        () => null,
        (error: unknown) => (isLockstepError(error) ? error.remedy : error),
      );
    expect(await code(runMigrations({} as MigratableDatabase, bundle))).toMatch(/PGlite, a client or pool/);
    expect(
      await code(runMigrations({ $client: undefined } as unknown as MigratableDatabase, bundle)),
    ).toMatch(/PGlite/);
    expect(await code(runMigrations(pglite, undefined as never))).toMatch(/@lockstep\/migrate\/node/);
  });
});
