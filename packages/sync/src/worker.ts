import type { PGlite } from '@electric-sql/pglite';
import { worker } from '@electric-sql/pglite/worker';
import { openChannel } from './channel.ts';
import type { SyncSettings } from './contract.ts';
import { toErrorReport } from './error-report.ts';
import { startLeader } from './leader.ts';
import { openStorage, type StoredDatabase } from './storage.ts';

/** What a tab hands its worker. */
export interface WorkerMeta {
  readonly name: string;
  readonly settings: SyncSettings;
}

export interface SyncWorkerOptions {
  /**
   * The address of an empty database's data directory (PGlite's `dumpDataDir`), made by the very PGlite that the
   * application ships. A new database starts from it; without it, or where it can't be fetched, from initdb.
   */
  readonly emptyDatabase?: string;
}

/**
 * The whole of an application's worker file: holds the database and syncs while it is the leader.
 *
 * @example
 * // sync-worker.ts
 * import { runSyncWorker } from '@lockstep/sync/worker';
 * runSyncWorker();
 */
export function runSyncWorker({ emptyDatabase }: SyncWorkerOptions = {}): void {
  void worker({ init: ({ meta }) => open(meta as WorkerMeta, emptyDatabase ?? null) });
}

/** A worker that failed never answers queries, but it does answer why. */
async function open({ name, settings }: WorkerMeta, emptyDatabase: string | null): Promise<PGlite> {
  const stored = await openOrTell(name, emptyDatabase);
  const { isOpen } = await startLeader({
    name,
    settings,
    ...stored,
    end: () => globalThis.close(),
  });
  return isOpen ? stored.db : never();
}

async function openOrTell(name: string, emptyDatabase: string | null): Promise<StoredDatabase> {
  try {
    return await openStorage(name, emptyDatabase);
  } catch (error) {
    const report = toErrorReport(error);
    const channel = openChannel(name, ({ kind }) => {
      if (kind === 'hello') channel.post({ kind: 'open-failed', error: report });
    });
    channel.post({ kind: 'open-failed', error: report });
    return never();
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
