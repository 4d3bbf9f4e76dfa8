import { runMigrations } from '@lockstep/migrate';
import { postgresExecutor } from '@lockstep/migrate/postgres';
import type { MigrationBundle } from '@lockstep/protocol';
import pg from 'pg';

/** Applies what is pending through the migrations proxy, as a deploy does. Answers how many migrations it applied. */
export async function applyThroughProxy(proxyUrl: string, bundle: MigrationBundle): Promise<number> {
  const client = new pg.Client({ connectionString: proxyUrl });
  await client.connect();
  try {
    const report = await runMigrations(postgresExecutor(client), bundle, { target: 'server' });
    return report.migrations.filter(({ outcome }) => outcome === 'applied').length;
  } finally {
    await client.end();
  }
}
