import { createTestDatabase } from '@lockstep/local-postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { drizzle as drizzle1 } from 'drizzle-orm-1/node-postgres';
import { migrate as migrate1 } from 'drizzle-orm-1/node-postgres/migrator';
import { connect } from '../testing/connect.ts';
import { drizzleConformance } from '../testing/drizzle-conformance.ts';
import { postgresExecutor } from './executor/postgres.ts';

drizzleConformance('Postgres', async () => {
  const database = await createTestDatabase('drizzle_1');
  const client = await connect(database.url);
  return {
    executor: postgresExecutor(client),
    target: 'server',
    migrate045: (migrationsFolder) => migrate(drizzle(client), { migrationsFolder }),
    migrate1: (migrationsFolder) => migrate1(drizzle1({ client }), { migrationsFolder }),
    async reset() {
      await client.query(
        'DROP SCHEMA IF EXISTS drizzle, lockstep CASCADE; DROP TABLE IF EXISTS items, notes',
      );
    },
    async close() {
      await client.end();
      await database.drop();
    },
  };
});
