import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { openPglite, type TestTarget } from '../testing/databases.ts';
import { runConformance } from '../testing/run-conformance.ts';
import { runMigrations } from './run-migrations.ts';
import { getAppliedMigrations, readAppliedEntries } from './tracking.ts';

let target: TestTarget;
beforeAll(async () => {
  target = await openPglite();
});
afterAll(() => target.close());

runConformance('PGlite', 'embedded', async () => ({ ...target, close: async () => undefined }));

describe('runMigrations on a replica', () => {
  beforeEach(() => target.reset());

  const bundle = testBundle([
    {
      tag: '0000_items',
      statements: ['CREATE TABLE items (id int CHECK (id > 0))'],
      replica: ['CREATE TABLE items (id int)'],
    },
  ]);

  it("runs the replica's statements, keeps the replica's half, and has no table of Drizzle's", async () => {
    const { executor } = target;
    expect(await runMigrations(executor, bundle, { target: 'replica' })).toMatchObject({ kind: 'applied' });
    await executor.exec('INSERT INTO items VALUES (-1)');
    expect(await getAppliedMigrations(executor)).toMatchObject([{ tag: '0000_items', target: 'replica' }]);
    const [stored] = await executor.query('SELECT entry FROM lockstep.migrations');
    expect(stored?.entry).not.toHaveProperty('server');
    expect(await readAppliedEntries(executor)).toMatchObject([{ tag: '0000_items' }]);
    expect(await executor.query("SELECT FROM pg_namespace WHERE nspname = 'drizzle'")).toHaveLength(0);
    expect(await runMigrations(executor, bundle, { target: 'replica' })).toMatchObject({
      kind: 'up-to-date',
    });
  });
});
