import { PGlite } from '@electric-sql/pglite';
import { OpfsAhpFS } from '@electric-sql/pglite/opfs-ahp';
import { eraseIdb, eraseOpfs } from './erase.ts';
import { hasSyncAccessHandles, isCreated, isHeld, noteCreated } from './opfs.ts';

/** How long to wait for files that a closing tab's worker still holds. */
const HELD_MS_MAX = 8_000;
const HELD_RETRY_MS = 150;

/**
 * Files that are opened ahead before a database is created: Postgres makes files where nothing can be waited for.
 * An own initdb makes 970 of them, a prepared database has less than 400. Each costs a millisecond.
 */
const FILES_AHEAD = { initdb: 1_000, prepared: 500 };

/** An open database of the browser. */
export interface StoredDatabase {
  readonly db: PGlite;
  /** Closes it with everything on its storage. */
  readonly close: () => Promise<void>;
  /** Deletes the files of the closed database. */
  readonly erase: () => Promise<void>;
}

/**
 * Opens a database of the browser: in the origin private file system where that works, else in IndexedDB.
 * `emptyDatabase` is the address of a prepared data directory, which spares a new database the seconds of initdb.
 */
export async function openStorage(name: string, emptyDatabase: string | null): Promise<StoredDatabase> {
  const prepared = () => fetchPrepared(emptyDatabase);
  if (!(await hasSyncAccessHandles())) return openIdb(name, prepared);
  const isNew = !(await isCreated(name));
  try {
    return await openOpfs(name, isNew ? prepared : null);
  } catch (error) {
    // Rows that are there must not seem to be gone: only a database that never was goes elsewhere.
    if (!isNew) throw error;
    await eraseOpfs(name).catch(() => undefined);
    return openIdb(name, prepared);
  }
}

async function openOpfs(
  name: string,
  prepared: (() => Promise<Blob | null>) | null,
): Promise<StoredDatabase> {
  const until = Date.now() + HELD_MS_MAX;
  for (;;) {
    try {
      const db = await (prepared === null ? openFiles(name, {}) : createFiles(name, await prepared()));
      return { db, close: () => db.close(), erase: () => eraseOpfs(name) };
    } catch (error) {
      if (!isHeld(error) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, HELD_RETRY_MS));
    }
  }
}

function openFiles(name: string, options: { initialPoolSize?: number; loadDataDir?: Blob }): Promise<PGlite> {
  const { initialPoolSize, loadDataDir } = options;
  return PGlite.create({
    dataDir: `opfs-ahp://${name}`,
    fs: new OpfsAhpFS(name, initialPoolSize === undefined ? {} : { initialPoolSize }),
    ...(loadDataDir === undefined ? {} : { loadDataDir }),
  });
}

/** What a creation that was cut short has left is in the way of the next, and holds nothing. */
async function createFiles(name: string, prepared: Blob | null): Promise<PGlite> {
  await eraseOpfs(name);
  const db = await (prepared === null
    ? openFiles(name, { initialPoolSize: FILES_AHEAD.initdb })
    : openFiles(name, { initialPoolSize: FILES_AHEAD.prepared, loadDataDir: prepared }));
  await noteCreated(name);
  return db;
}

async function openIdb(name: string, prepared: () => Promise<Blob | null>): Promise<StoredDatabase> {
  const isNew = !(await indexedDB.databases()).some((known) => known.name === `/pglite/${name}`);
  const loadDataDir = isNew ? await prepared() : null;
  const db = await PGlite.create({
    dataDir: `idb://${name}`,
    ...(loadDataDir === null ? {} : { loadDataDir }),
  });
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

/** Null where there is none, or it can't be had: PGlite then makes its own. */
async function fetchPrepared(url: string | null): Promise<Blob | null> {
  if (url === null) return null;
  try {
    const response = await fetch(url);
    if (!response.ok) return null;
    // PGlite tells by the name whether it has to be unpacked; a server may have done so on the way.
    const bytes = new Uint8Array(await response.arrayBuffer());
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return new File([bytes], isPacked ? 'empty.tar.gz' : 'empty.tar');
  } catch {
    return null;
  }
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
