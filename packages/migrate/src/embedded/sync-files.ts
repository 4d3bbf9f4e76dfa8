import { open, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inParallel } from '../operate/backup/in-parallel.ts';

/** Tells the disk to keep a file, or a folder's list of names. PGlite itself never does. */
export async function syncPath(path: string): Promise<void> {
  // Windows syncs what is open for writing only; folders can't be.
  const handle = await open(path, process.platform === 'win32' ? 'r+' : 'r').catch(
    (error: NodeJS.ErrnoException) => {
      // Windows opens no folders, and has no need to; a file may have gone meanwhile.
      if (error.code === 'EISDIR' || error.code === 'EPERM' || error.code === 'ENOENT') return null;
      throw error;
    },
  );
  if (handle === null) return;
  try {
    await handle.sync();
  } catch (error) {
    // EINVAL, EPERM: a file system that has nothing to sync here.
    if (!['EINVAL', 'EPERM', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * The same for everything below a folder, about 100 ms for the thousand files of a PGlite: file systems write what is
 * asked for together in one go.
 */
export async function syncTree(directory: string): Promise<void> {
  await inParallel(await listTree(directory), syncPath);
}

/** The folder, and every file and folder below it. */
async function listTree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const below = entries.map((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return listTree(path);
    return Promise.resolve(entry.isFile() ? [path] : []);
  });
  return [directory, ...(await Promise.all(below)).flat()];
}

/** Writes a file so that after a power cut it has the old text or the new one. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  await writeFile(fresh, text, { mode: 0o600 });
  await syncPath(fresh);
  await rename(fresh, path);
  await syncPath(dirname(path));
}
