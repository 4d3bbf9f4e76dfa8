import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { glob } from 'tinyglobby';
import type { Checkout } from './checkout.ts';
import type { MigrationStyle } from './drizzle-config.ts';
import { loadModule } from './load-module.ts';

/** The schema modules' exports, and how drizzle-kit is told to write migrations. */
export interface CheckoutSchema extends MigrationStyle {
  readonly schema: Readonly<Record<string, unknown>>;
}

/**
 * Loads the schema that drizzle.config.ts names: files, folders and globs, relative to it.
 * Raises CONFIG_INVALID where it names none, or where a module can't be loaded.
 */
export async function readSchema(checkout: Checkout): Promise<CheckoutSchema> {
  const drizzle = await checkout.drizzle();
  if (drizzle === null || drizzle.schema.length === 0) {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'Nothing says where the Drizzle schema is.',
      remedy:
        'Write drizzle.config.ts with `schema: "./src/schema.ts"`, or name it in lockstep.config.ts as `drizzle`.',
    });
  }
  const files = await listFiles(dirname(drizzle.file), drizzle.schema);
  if (files.length === 0) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `No file is where the schema should be: ${drizzle.schema.join(', ')}.`,
      remedy: 'Mend `schema` in drizzle.config.ts.',
      place: { file: drizzle.file },
    });
  }
  const modules = await Promise.all(files.map(loadModule));
  // Prefixed by the file, because two modules may export the same name: drizzle-kit looks at values only.
  const entries = modules.flatMap((module, index) =>
    Object.entries(module).map(([name, value]) => [`${index}.${name}`, value] as const),
  );
  return { ...drizzle.style, schema: Object.fromEntries(entries) };
}

async function listFiles(root: string, paths: readonly string[]): Promise<readonly string[]> {
  const patterns = await Promise.all(
    paths.map(async (path) => {
      const info = await stat(resolve(root, path)).catch(() => null);
      return info?.isDirectory() === true ? `${path.replace(/\/$/, '')}/*` : path;
    }),
  );
  const found = await glob(patterns, {
    cwd: root,
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
  });
  return found.filter((file) => /\.[cm]?[jt]s$/.test(file) && !/\.d\.[cm]?ts$/.test(file)).toSorted();
}
