import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { makeEmptyDatabase, RECIPE } from './make-empty-database.ts';

const ID = 'virtual:empty-database';
const CACHE = fileURLToPath(new URL('../node_modules/.cache/lockstep/', import.meta.url));

/**
 * `import url from 'virtual:empty-database'`: the address of an empty database's files, made once for each version of
 * PGlite. A page that starts from them spares its person the seconds of initdb.
 */
export function emptyDatabase(): Plugin {
  return {
    name: 'empty-database',
    async resolveId(id) {
      return id === ID ? `${await ensureFile()}?url` : null;
    },
  };
}

async function ensureFile(): Promise<string> {
  // The extension says nothing of gzip: a server must not unpack it on the way.
  const path = join(CACHE, `empty-database-${await pgliteVersion()}-${RECIPE}.data`);
  if (await exists(path)) return path;
  await mkdir(CACHE, { recursive: true });
  // Whole or not at all: two builds may run at once.
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, await makeEmptyDatabase());
  await rename(unfinished, path);
  return path;
}

async function pgliteVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = await readFile(join(dirname(entry), '../package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
