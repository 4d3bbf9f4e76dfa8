import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { drizzle as drizzle1 } from 'drizzle-orm-1/pglite';
import { migrate as migrate1 } from 'drizzle-orm-1/pglite/migrator';
import { drizzleConformance } from '../testing/drizzle-conformance.ts';
import { drizzleAdapter } from './drizzle-adapter.ts';
import { pgliteExecutor } from './executor/pglite.ts';

drizzleConformance('PGlite, through the adapter', async () => {
  const db = await PGlite.create();
  const client = drizzleAdapter(db);
  return {
    executor: pgliteExecutor(db),
    target: 'embedded',
    migrate045: (migrationsFolder) => migrate(drizzle({ client }), { migrationsFolder }),
    migrate1: (migrationsFolder) => migrate1(drizzle1({ client }), { migrationsFolder }),
    reset: async () =>
      void (await db.exec(
        'DROP SCHEMA IF EXISTS drizzle, lockstep CASCADE; DROP TABLE IF EXISTS items, notes',
      )),
    close: () => db.close(),
  };
});
