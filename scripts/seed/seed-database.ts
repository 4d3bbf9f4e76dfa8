import { postgresExecutor } from '@lockstep/migrate/postgres';
import { withConnection } from '../db/connect.ts';
import { seed } from './seed.ts';

/** Puts the demo's rows into an empty, migrated Postgres, in one transaction. Answers the number of tasks written. */
export async function seedDatabase(databaseUrl: string): Promise<number> {
  return withConnection(databaseUrl, (client) => postgresExecutor(client).transaction(seed));
}
