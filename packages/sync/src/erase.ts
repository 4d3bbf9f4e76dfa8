import { databaseName } from './database-name.ts';

/**
 * Deletes a person's local database where it can't be opened any more; what is in it comes again by sync.
 * An open one is erased by its `close({ erase: true })`. Raises the browser's error while a tab has it open.
 */
export async function eraseLocalDatabase(app: string, scope: string): Promise<void> {
  const name = databaseName(app, scope);
  await Promise.all([eraseOpfs(name), eraseIdb(name)]);
}

/** Done when there is no such directory. */
export async function eraseOpfs(name: string): Promise<void> {
  try {
    await (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException) || !GONE.has(error.name)) throw error;
  }
}

/** Nothing of that name, or a browser that keeps nothing there. */
const GONE: ReadonlySet<string> = new Set(['NotFoundError', 'SecurityError']);

/** PGlite names its IndexedDB database by the path it mounts it at. */
export function eraseIdb(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(`/pglite/${name}`);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    // Deleted as soon as the last connection is closed, which is under way.
    request.onblocked = () => resolve();
  });
}
