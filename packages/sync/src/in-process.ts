import type { PGliteInterface } from '@electric-sql/pglite';
import { createSyncClient } from './client.ts';
import type { LocalDatabase, LocalDatabaseHooks, SyncSettings } from './contract.ts';

export interface InProcessOptions {
  /** An open PGlite. `close()` closes it. */
  readonly db: PGliteInterface;
  readonly settings: SyncSettings;
  readonly hooks?: LocalDatabaseHooks;
  readonly fetch?: typeof fetch;
}

/**
 * The same as `openLocalDatabase`, without tabs and workers: for Node, the desktop and tests.
 * `close({ erase: true })` empties the database; deleting its directory is for whoever made it.
 * Raises `LOCAL_MIGRATION_FAILED`.
 */
export async function openInProcess({ db, ...options }: InProcessOptions): Promise<LocalDatabase> {
  const client = createSyncClient({ db, ...options });
  await client.start();
  return {
    db,
    status: client.status,
    migrations: client.migrations,
    onChange: client.onChange,
    inspect: client.inspect,
    pause: client.pause,
    resume: client.resume,
    async close({ erase = false } = {}) {
      await client.close();
      if (erase) await client.erase();
      await db.close();
    },
  };
}
