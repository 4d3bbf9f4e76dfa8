import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLockstepError, LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { compileBundle } from '../author/compile.ts';
import { readMigrations } from '../author/read-migrations.ts';
import { diskFiles, type ReadableFiles, readTextIfExists } from '../author/read-text.ts';
import { openCheckout } from '../cli/checkout/checkout.ts';
import { BUNDLE_FILE, parseBundleText } from './bundle-file.ts';
import { listPlaces, type Place, type Surroundings } from './places.ts';

export interface FindMigrationsOptions {
  /** A bundle that the program has with it: it is taken, and nothing is looked for. */
  readonly bundle?: MigrationBundle;
  /** The program's own module (`import.meta.url`), file or folder. Without it the search begins in the working directory. */
  readonly from?: string | URL;
  /** The npm package that the migrations come with. */
  readonly name?: string;
  /** Reads the places: the disk otherwise (under Electron the inside of its archives, too). */
  readonly files?: ReadableFiles;
  /** This process's otherwise. */
  readonly surroundings?: Surroundings;
}

export interface FoundMigrations {
  readonly bundle: MigrationBundle;
  readonly kind: 'given' | Place['kind'];
  /** The file or folder that it was read from; null for a bundle that was given. */
  readonly path: string | null;
}

const FOLDERS = ['drizzle', 'migrations'];
const CONFIGS = ['lockstep.config', 'drizzle.config'].flatMap((name) =>
  ['.ts', '.mts', '.js', '.mjs'].map((extension) => name + extension),
);

/**
 * Finds the migrations of the running program (C8), in this order: the bundle that is given; beside the program
 * (`from`); in the resources of an Electron application (`app.asar`, `app`, the resources themselves); beside the
 * executable; in development, from the program upward: the folder that lockstep.config.ts or drizzle.config.ts names; in
 * `node_modules/<name>`. In each folder: `lockstep.bundle.json`, then `drizzle/`, then `migrations/`. The first that has
 * any is taken; a migrations folder is compiled on the spot, unless its committed bundle is fresh.
 *
 * Raises MIGRATIONS_NOT_FOUND with every place looked at, BUNDLE_INVALID for a file that is there and damaged, and what
 * `compile` raises.
 * @example
 * const { bundle } = await findMigrations({ from: import.meta.url });
 */
export async function findMigrations(options: FindMigrationsOptions = {}): Promise<FoundMigrations> {
  const { bundle, name = null, files = diskFiles, surroundings = ownSurroundings() } = options;
  if (bundle !== undefined) return { bundle, kind: 'given', path: null };
  const from = options.from === undefined ? null : folderOf(options.from);
  const looked: string[] = [];
  for (const place of listPlaces({ from, name }, surroundings)) {
    const found = await lookIn(place, files);
    if (typeof found !== 'string') return found;
    looked.push(`${LABELS[place.kind]}: ${place.folder}: ${found}`);
  }
  throw new LockstepError('MIGRATIONS_NOT_FOUND', {
    message: `No migrations were found. Looked at:\n${looked.map((line) => `  ${line}`).join('\n')}`,
    remedy: `Ship ${BUNDLE_FILE} (writeBundleFile) or the migrations folder in one of these places, say where the program is (\`from: import.meta.url\`), or give the compiled bundle.`,
    details: { looked },
  });
}

const LABELS: Readonly<Record<Place['kind'], string>> = {
  beside: 'beside the program',
  resources: 'resources',
  executable: 'beside the executable',
  development: 'development',
  package: 'package',
};

/** What was found, or in words why nothing. */
async function lookIn({ kind, folder }: Place, files: ReadableFiles): Promise<FoundMigrations | string> {
  try {
    const file = join(folder, BUNDLE_FILE);
    const text = await readTextIfExists(file, files);
    if (text !== null) return { bundle: await parseBundleText(file, text), kind, path: file };
    if (kind === 'development' || kind === 'beside') {
      const checkout = await lookForCheckout(folder, files);
      if (checkout !== null) return { ...checkout, kind };
    }
    for (const path of FOLDERS.map((name) => join(folder, name))) {
      if ((await readMigrations(path, files)).length > 0)
        return { bundle: await compileBundle(path, { files }), kind, path };
    }
    return `no ${BUNDLE_FILE}, no migrations in ${FOLDERS.map((name) => `${name}/`).join(' or ')}`;
  } catch (error) {
    // A part of the path is a file: an archive, which only Electron reads.
    if (isLockstepError(error) && error.details.code === 'ENOTDIR') {
      return folder.includes('.asar') ? 'an archive, which only Electron can read inside' : 'not a folder';
    }
    throw error;
  }
}

/** The configuration in a folder says where its migrations are. One without migrations yet is none. */
async function lookForCheckout(
  folder: string,
  files: ReadableFiles,
): Promise<Pick<FoundMigrations, 'bundle' | 'path'> | null> {
  if (files !== diskFiles) return null;
  for (const name of CONFIGS) {
    const file = join(folder, name);
    if ((await readTextIfExists(file, files)) === null) continue;
    const checkout = await openCheckout(folder, file, { env: process.env, isProduction: false });
    const { bundle } = await checkout.bundle();
    return bundle.migrations.length === 0 ? null : { bundle, path: checkout.migrationsFolder };
  }
  return null;
}

function folderOf(from: string | URL): string {
  const path = from instanceof URL || from.startsWith('file:') ? fileURLToPath(from) : resolve(from);
  return /^\.[cm]?[jt]sx?$/.test(extname(path)) ? dirname(path) : path;
}

function ownSurroundings(): Surroundings {
  const { resourcesPath } = process as { readonly resourcesPath?: string };
  return { cwd: process.cwd(), execPath: process.execPath, resourcesPath: resourcesPath ?? null };
}
