/** Written beside a database's files once it is whole: a creation that was cut short leaves none. */
const CREATED_MARK = 'created';

/** Whether the origin private file system has a whole database of that name. */
export async function isCreated(name: string): Promise<boolean> {
  try {
    const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(name);
    await directory.getFileHandle(CREATED_MARK);
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return false;
    throw error;
  }
}

export async function noteCreated(name: string): Promise<void> {
  const directory = await (await navigator.storage.getDirectory()).getDirectoryHandle(name);
  await directory.getFileHandle(CREATED_MARK, { create: true });
}

/** Another worker has the file open. */
export function isHeld(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NoModificationAllowedError';
}

/** Tried rather than asked: private windows and some browsers have the functions and refuse them. */
export async function hasSyncAccessHandles(): Promise<boolean> {
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
