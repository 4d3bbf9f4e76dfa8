import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { isLockstepError } from '@lockstep/protocol';
import { readFolderLayout, readMigrations } from '../../author/read-migrations.ts';
import { DRIZZLE_NAMES, LOCKSTEP_NAMES } from '../checkout/checkout.ts';
import { type DrizzleConfig, readDrizzleConfig } from '../checkout/drizzle-config.ts';
import { findUpward } from '../checkout/find-upward.ts';

/** What a checkout has, as `init` found it. Paths are relative to `root`. */
export interface CheckoutFacts {
  /** Where `lockstep.config.ts` belongs: beside drizzle.config.ts, or the working directory. */
  readonly root: string;
  /** One that is there already, at or above the working directory; absolute. */
  readonly configFile: string | null;
  readonly drizzle: DrizzleFacts | null;
  readonly migrations: MigrationFacts;
  /** By package; null where it isn't installed. */
  readonly versions: Readonly<Record<string, string | null>>;
}

export type DrizzleFacts =
  | { readonly kind: 'read'; readonly file: string; readonly out: string; readonly schema: readonly string[] }
  | { readonly kind: 'unreadable'; readonly file: string; readonly problem: string };

export type MigrationFacts =
  | {
      readonly kind: 'read';
      readonly folder: string;
      readonly layout: 'journal' | 'folders';
      readonly count: number;
      readonly newest: string | null;
    }
  | { readonly kind: 'unreadable'; readonly folder: string; readonly problem: string };

const PACKAGES = ['drizzle-orm', 'drizzle-kit', '@electric-sql/pglite', 'pg'];
const USUAL_FOLDER = './drizzle';

export async function findFacts(cwd: string): Promise<CheckoutFacts> {
  const drizzleFile = findUpward(cwd, DRIZZLE_NAMES);
  const root = drizzleFile === null ? resolve(cwd) : dirname(drizzleFile);
  const drizzle = drizzleFile === null ? null : await readDrizzleFacts(root, drizzleFile);
  const folder = drizzle?.kind === 'read' ? drizzle.out : USUAL_FOLDER;
  return {
    root,
    configFile: findUpward(cwd, LOCKSTEP_NAMES),
    drizzle,
    migrations: await readMigrationFacts(root, folder),
    versions: Object.fromEntries(
      await Promise.all(PACKAGES.map(async (name) => [name, await readVersion(root, name)] as const)),
    ),
  };
}

async function readDrizzleFacts(root: string, path: string): Promise<DrizzleFacts> {
  const file = dotted(relative(root, path));
  return orProblem<DrizzleFacts>(
    async () => {
      const { out, schema }: DrizzleConfig = await readDrizzleConfig(path);
      return { kind: 'read', file, out: dotted(out), schema };
    },
    (problem) => ({ kind: 'unreadable', file, problem }),
  );
}

async function readMigrationFacts(root: string, folder: string): Promise<MigrationFacts> {
  return orProblem<MigrationFacts>(
    async () => {
      const path = resolve(root, folder);
      const [layout, migrations] = [await readFolderLayout(path), await readMigrations(path)];
      return {
        kind: 'read',
        folder,
        layout,
        count: migrations.length,
        newest: migrations.at(-1)?.tag ?? null,
      };
    },
    (problem) => ({ kind: 'unreadable', folder, problem }),
  );
}

/** The version that a program of the checkout would get. */
async function readVersion(root: string, name: string): Promise<string | null> {
  const file = findUpward(root, [`node_modules/${name}/package.json`]);
  if (file === null) return null;
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { readonly version?: string };
  return version ?? null;
}

/** What is wrong with a checkout is told among the rest: `init` goes on. */
async function orProblem<T>(read: () => Promise<T>, fallback: (problem: string) => T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isLockstepError(error)) throw error;
    return fallback(`${error.code}: ${error.message}`);
  }
}

function dotted(path: string): string {
  return /^\.{0,2}\//.test(path) ? path : `./${path}`;
}
