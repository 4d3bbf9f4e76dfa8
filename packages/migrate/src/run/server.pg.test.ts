import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { openPostgres, type TestTarget } from '../testing/databases.ts';
import { runMigrations } from './run-migrations.ts';
import { getAppliedMigrations, readApplied } from './tracking.ts';

let target: TestTarget;
beforeAll(async () => {
  target = await openPostgres();
});
beforeEach(() => target.reset());
afterAll(() => target.close());

describe('a server', () => {
  it('B11: that is Postgres itself and not the proxy is told apart, with what to set', async () => {
    const bundle = testBundle([
      {
        tag: '0000_items',
        statements: [
          'CREATE TABLE items (id int PRIMARY KEY)',
          { sql: 'ALTER TABLE "items" ENABLE ELECTRIC', kind: 'enable-electric' },
        ],
      },
    ]);
    const result = await runMigrations(target.executor, bundle, { target: 'server' });
    expect(result).toMatchObject({
      kind: 'failed',
      error: {
        code: 'ELECTRIC_UNKNOWN_TO_POSTGRES',
        remedy: expect.stringMatching(/PGHOST and PGPORT.*65432/),
        place: { file: '0000_items.sql', statement: 2, line: 3, column: 1 },
      },
    });
    expect(await target.executor.query("SELECT FROM pg_class WHERE relname = 'items'")).toHaveLength(0);
  });

  it('runs what goes outside of transactions as steps, and resumes after the last that was recorded', async () => {
    const history = (unique: string) =>
      testBundle([
        {
          tag: '0000_items',
          statements: [
            'CREATE TABLE items (id int)',
            'INSERT INTO items VALUES (1)',
            { sql: 'CREATE INDEX CONCURRENTLY items_id ON items (id)', transactional: false },
            unique,
          ],
        },
      ]);
    const bundle = history('INSERT INTO notes VALUES (1)');
    expect(await runMigrations(target.executor, bundle, { target: 'server' })).toMatchObject({
      kind: 'failed',
      version: null,
      error: { place: { statement: 4 } },
    });
    expect(await getAppliedMigrations(target.executor)).toEqual([]);
    expect((await readApplied(target.executor)).migrations).toMatchObject([{ tag: '0000_items', step: 3 }]);
    expect(await target.executor.query('SELECT FROM drizzle.__drizzle_migrations')).toHaveLength(0);

    await target.executor.exec('CREATE TABLE notes (id int)');
    expect(await runMigrations(target.executor, bundle, { target: 'server' })).toMatchObject({
      kind: 'applied',
    });
    expect(await target.executor.query('SELECT * FROM items')).toHaveLength(1);
    expect(await target.executor.query('SELECT FROM drizzle.__drizzle_migrations')).toHaveLength(1);
    expect(await getAppliedMigrations(target.executor)).toMatchObject([{ step: null }]);
  });
});
