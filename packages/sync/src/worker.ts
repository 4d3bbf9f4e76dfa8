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

/**
 * The whole of an application's worker file: holds the database and syncs while it is the leader.
 *
 * @example
 * // sync-worker.ts
 * import { runSyncWorker } from '@lockstep/sync/worker';
 * runSyncWorker();
 */
export function runSyncWorker(): void {
  void worker({ init: ({ meta }) => open(meta as WorkerMeta) });
}

/** A worker that failed never answers queries, but it does answer why. */
async function open({ name, settings }: WorkerMeta): Promise<PGlite> {
  const stored = await openOrTell(name);
  const { isOpen } = await startLeader({
    name,
    settings,
    ...stored,
    end: () => globalThis.close(),
  });
  return isOpen ? stored.db : never();
}

async function openOrTell(name: string): Promise<StoredDatabase> {
  try {
    return await openStorage(name);
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
