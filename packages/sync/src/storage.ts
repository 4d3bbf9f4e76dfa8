import { PGlite } from '@electric-sql/pglite';
import { eraseIdb, eraseOpfs } from './erase.ts';

/** How long to wait for files that a closing tab's worker still holds. */
const HELD_MS_MAX = 8_000;
const HELD_RETRY_MS = 150;

/** An open database of the browser. */
export interface StoredDatabase {
  readonly db: PGlite;
  /** Closes it with everything on its storage. */
  readonly close: () => Promise<void>;
  /** Deletes the files of the closed database. */
  readonly erase: () => Promise<void>;
}

/** Opens a database of the browser: in the origin private file system where that works, else in IndexedDB. */
export async function openStorage(name: string): Promise<StoredDatabase> {
  if (await hasSyncAccessHandles()) {
    const isNew = !(await hasDirectory(name));
    try {
      return await openOpfs(name);
    } catch (error) {
      // Rows that are there must not seem to be gone: only a database that never was goes elsewhere.
      if (!isNew) throw error;
      await eraseOpfs(name).catch(() => undefined);
    }
  }
  return openIdb(name);
}

async function openOpfs(name: string): Promise<StoredDatabase> {
  const until = Date.now() + HELD_MS_MAX;
  for (;;) {
    try {
      const db = await PGlite.create({ dataDir: `opfs-ahp://${name}` });
      return { db, close: () => db.close(), erase: () => eraseOpfs(name) };
    } catch (error) {
      if (!isHeld(error) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, HELD_RETRY_MS));
    }
  }
}

async function openIdb(name: string): Promise<StoredDatabase> {
  const db = await PGlite.create({ dataDir: `idb://${name}` });
  const flush = flushBehind(db);
  return {
    db,
    async close() {
      db.syncToFs = flush;
      await flush();
      await db.close();
    },
    erase: () => eraseIdb(name),
  };
}

/**
 * Lets nobody wait for IndexedDB: a flush takes 170 ms, and PGlite makes one after every query. What an unflushed commit
 * loses are the server's rows with their position: they come again. PGlite's own relaxed mode can't be waited for, and
 * loses what it had promised when the database is closed. Answers the way to flush and wait.
 */
function flushBehind(db: PGlite): () => Promise<void> {
  let running: Promise<void> | null = null;
  let isWanted = false;
  async function flushWhileWanted(): Promise<void> {
    try {
      while (isWanted) {
        isWanted = false;
        await db.fs?.syncToFs();
      }
    } finally {
      running = null;
    }
  }
  const flush = () => {
    isWanted = true;
    running ??= flushWhileWanted();
    return running;
  };
  db.syncToFs = async () => {
    // A full disk is met again by the next flush, and by the one that is waited for.
    flush().catch(() => undefined);
  };
  return flush;
}

/** Another worker has the file open. */
function isHeld(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NoModificationAllowedError';
}

/** Tried rather than asked: private windows and some browsers have the functions and refuse them. */
async function hasSyncAccessHandles(): Promise<boolean> {
  const probe = `lockstep-probe-${Math.random().toString(36).slice(2)}`;
  try {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle(probe, { create: true });
    try {
      (await (file as unknown as SyncFile).createSyncAccessHandle()).close();
      return true;
    } finally {
      await root.removeEntry(probe);
    }
  } catch {
    return false;
  }
}

interface SyncFile {
  createSyncAccessHandle(): Promise<{ close(): void }>;
}

async function hasDirectory(name: string): Promise<boolean> {
  try {
    await (await navigator.storage.getDirectory()).getDirectoryHandle(name);
    return true;
  } catch {
    return false;
  }
}
