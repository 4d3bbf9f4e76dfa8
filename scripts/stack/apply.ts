import { type RunEvent, requireMigrated, runMigrations } from '@lockstep/migrate';
import { postgresExecutor } from '@lockstep/migrate/postgres';
import type { MigrationBundle } from '@lockstep/protocol';
import { withConnection } from '../db/connect.ts';

/**
 * Applies what is pending through the migrations proxy, as a deploy does. Answers the tags that it applied.
 * Throws the engine's error when a migration failed or nothing may run.
 */
export async function applyThroughProxy(
  proxyUrl: string,
  bundle: MigrationBundle,
  onEvent?: (event: RunEvent) => void,
): Promise<readonly string[]> {
  return withConnection(proxyUrl, async (client) => {
    const options = { target: 'server', ...(onEvent ? { onEvent } : {}) } as const;
    const result = requireMigrated(await runMigrations(postgresExecutor(client), bundle, options));
    return result.migrations.map(({ tag }) => tag);
  });
}
