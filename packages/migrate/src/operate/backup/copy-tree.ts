import { constants } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from './in-parallel.ts';

/** Names a process, which a copy doesn't have. */
const LEFT_OUT = new Set(['postmaster.pid']);

/**
 * Copies a PGlite directory to a place where nothing is, sharing its blocks with the original where the file system can
 * (copy-on-write).
 */
export async function copyTree(from: string, to: string): Promise<void> {
  const files: (readonly [string, string])[] = [];
  const makeFolders = async (source: string, target: string): Promise<void> => {
    await mkdir(target, { mode: 0o700 });
    for (const entry of await readdir(source, { withFileTypes: true })) {
      const [inner, outer] = [join(source, entry.name), join(target, entry.name)];
      if (entry.isDirectory()) await makeFolders(inner, outer);
      else if (!LEFT_OUT.has(entry.name)) files.push([inner, outer]);
    }
  };
  await makeFolders(from, to);
  await inParallel(files, ([source, target]) =>
    copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL),
  );
}
