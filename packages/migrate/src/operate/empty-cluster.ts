import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PGlite, PGliteOptions } from '@electric-sql/pglite';
import { pgliteVersion } from './pglite-version.ts';

/**
 * Boots a PGlite in memory from a copy of an empty cluster, which is kept in `node_modules/.cache` of the working
 * directory: a third of what initdb takes. The first one leaves the copy there. Without that folder, or when the copy is
 * of no use, it boots as it always would.
 */
export async function bootInMemory(
  create: (options: PGliteOptions) => Promise<PGlite>,
  options: PGliteOptions,
): Promise<PGlite> {
  const file = await cacheFile();
  const kept = await readEmptyCluster();
  if (file !== null && kept !== null) {
    try {
      return await create({ ...options, loadDataDir: kept });
    } catch {
      // Cut off or damaged: whatever is the matter with the copy, a cluster can be had without it.
      await rm(file, { force: true });
    }
  }
  const db = await create(options);
  if (file !== null) await keep(db, file);
  return db;
}

/** The copy, or null where none was left yet. */
export async function readEmptyCluster(): Promise<Blob | null> {
  const file = await cacheFile();
  const bytes = file === null ? null : await readFile(file).catch(() => null);
  return bytes === null ? null : new Blob([bytes]);
}

/** Null where there is no `node_modules`, or PGlite doesn't say which version it is. */
async function cacheFile(): Promise<string | null> {
  const version = await pgliteVersion();
  let folder = process.cwd();
  while (!existsSync(join(folder, 'node_modules'))) {
    if (dirname(folder) === folder) return null;
    folder = dirname(folder);
  }
  return version === null
    ? null
    : join(folder, 'node_modules', '.cache', 'lockstep', `pglite-${version}.tar`);
}

/** Under its name only when it is whole: several processes may be at it. A full or read-only disk is no reason to fail. */
async function keep(db: PGlite, file: string): Promise<void> {
  const dump = await db.dumpDataDir('none');
  const partial = `${file}.${process.pid}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(partial, new Uint8Array(await dump.arrayBuffer()));
    await rename(partial, file);
  } catch {
    await rm(partial, { force: true }).catch(() => undefined);
  }
}
