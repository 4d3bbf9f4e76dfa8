import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Executor } from '../run/executor/executor.ts';
import { type EmbeddedState, readState } from './embedded-state.ts';
import { writeMarker } from './marker.ts';
import { syncPath, syncTree } from './sync-files.ts';

/** PGlite runs with fsync off, so what survives a power cut is decided here. */
export interface Durability {
  /** Syncs what recovery needs for all that is committed so far, and says so in the marker. */
  acknowledge(): Promise<void>;
  /** Checkpoints and syncs every file. */
  persist(): Promise<void>;
  /** The same around the end of the database. */
  close(end: () => Promise<void>): Promise<void>;
}

/** `boot` is the machine's current run. */
export function createDurability(directory: string, executor: Executor, boot: string | null): Durability {
  const openSince = boot ?? 'unknown';
  /** The checkpoint up to which every file is synced. */
  let synced: string | null = null;
  return {
    async acknowledge() {
      const state = await readState(executor);
      // With the log and the control file on disk everything is: page images and checkpoints are as in any Postgres.
      // A checkpoint moves the beginning of what is replayed past what was written before it, to any file.
      if (state.redoLsn === synced) await syncLog(directory);
      else await syncTree(directory);
      synced = state.redoLsn;
      await mark(directory, state, openSince);
    },
    async persist() {
      await executor.exec('CHECKPOINT');
      const state = await readState(executor);
      await syncTree(directory);
      synced = state.redoLsn;
      await mark(directory, state, openSince);
    },
    async close(end) {
      await executor.exec('CHECKPOINT');
      const state = await readState(executor);
      await end();
      await syncTree(directory);
      await mark(directory, state, null);
    },
  };
}

async function mark(directory: string, state: EmbeddedState, openSince: string | null): Promise<void> {
  const { systemIdentifier, databaseId, lsn, tag, chain } = state;
  await writeMarker(directory, { format: 1, systemIdentifier, databaseId, lsn, tag, chain, openSince });
}

async function syncLog(directory: string): Promise<void> {
  const log = join(directory, 'pg_wal');
  for (const entry of await readdir(log, { withFileTypes: true })) {
    if (entry.isFile()) await syncPath(join(log, entry.name));
  }
  await syncPath(log);
  await syncPath(join(directory, 'global', 'pg_control'));
}
