import { PGliteWorker } from '@electric-sql/pglite/worker';
import { LockstepError } from '@lockstep/protocol';
import type { LocalDatabase, LocalDatabaseHooks, SyncSettings } from './contract.ts';
import { databaseName } from './database-name.ts';
import { STALL_MS } from './stall.ts';
import { createTabDatabase } from './tab.ts';
import type { WorkerMeta } from './worker.ts';

export interface OpenOptions {
  /** Makes the worker whose file calls `runSyncWorker()`. */
  readonly worker: () => Worker;
  /** The application's name: one database for each name and scope. */
  readonly name: string;
  readonly settings: SyncSettings;
  readonly hooks?: LocalDatabaseHooks;
  /**
   * So many milliseconds the worker may give no sign of life while it opens the database or moves its schema; then it is
   * ended, for nothing else stops a statement that hangs. 120,000 by default.
   */
  readonly stallMs?: number;
}

/**
 * Opens a person's local database in the browser. One tab's worker holds and syncs it, all tabs use it.
 * Done when it is at the page's version and can be queried; rows come by and by.
 * Raises `LOCAL_MIGRATION_FAILED`, `LOCAL_DATABASE_STALLED`, or `INTERNAL` when the browser has no room or no storage for it.
 *
 * @example
 * const database = await openLocalDatabase({
 *   worker: () => new Worker(new URL('./sync-worker.ts', import.meta.url), { type: 'module' }),
 *   name: 'app',
 *   settings: { apiUrl: location.origin, shapes, scope: user.id, token, bundle },
 * });
 */
export async function openLocalDatabase(options: OpenOptions): Promise<LocalDatabase> {
  const name = databaseName(options.name, options.settings.scope);
  const { settings, hooks = {}, stallMs = STALL_MS } = options;
  let endLeader: () => void = () => undefined;
  return createTabDatabase({
    name,
    settings,
    hooks,
    stallMs,
    endLeader: () => endLeader(),
    connect: () => {
      const worker = options.worker();
      // PGlite's worker says so as soon as it begins to open the database. One that only waits is left to take over.
      worker.addEventListener('message', ({ data }: MessageEvent<{ type?: string }>) => {
        if (data.type === 'leader-now') endLeader = () => worker.terminate();
      });
      return Promise.race([
        PGliteWorker.create(worker, { id: name, meta: { name, settings } satisfies WorkerMeta }),
        failureOf(worker),
      ]);
    },
  });
}

/** A worker whose file can't be loaded or run says so here only. */
function failureOf(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    worker.addEventListener('error', (event) =>
      reject(
        new LockstepError('INTERNAL', {
          message: `The worker of the local database failed: ${event.message || 'it could not be loaded'}.`,
          remedy: 'Reload the page.',
        }),
      ),
    );
  });
}
