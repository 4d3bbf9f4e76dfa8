import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { type LockstepConfig, parseConfig } from '../../author/config.ts';
import { type CheckoutBundle, loadBundle } from './checkout-bundle.ts';
import { type DrizzleConfig, readDrizzleConfig } from './drizzle-config.ts';
import { readEnvFile, type Variables } from './env-file.ts';
import { findUpward } from './find-upward.ts';
import { loadModule } from './load-module.ts';

/** What a command knows of the checkout that it runs in. Paths are absolute. */
export interface Checkout {
  /** The folder of the configuration file. */
  readonly root: string;
  readonly configFile: string;
  readonly config: LockstepConfig;
  /** The environment, and beneath it what `.env` beside the configuration says (`.env.production` for production). Secret. */
  readonly env: Variables;
  /** What `.env.production` says by itself; empty where there is none. Secret. */
  readonly productionEnv: Variables;
  /** drizzle-kit's configuration, or null where there is no such file. Raises CONFIG_INVALID for one without a use. */
  drizzle(): Promise<DrizzleConfig | null>;
  readonly migrationsFolder: string;
  /** Where the bundle is committed, or null. */
  readonly bundleFolder: string | null;
  /** What is to be applied: the committed bundle where it is fresh, compiled from the folder otherwise. */
  bundle(): Promise<CheckoutBundle>;
  /** A path of the configuration, made absolute. */
  path(relative: string): string;
}

export const LOCKSTEP_NAMES = [
  'lockstep.config.ts',
  'lockstep.config.mts',
  'lockstep.config.js',
  'lockstep.config.mjs',
];
export const DRIZZLE_NAMES = [
  'drizzle.config.ts',
  'drizzle.config.mts',
  'drizzle.config.js',
  'drizzle.config.mjs',
];

/**
 * Finds the configuration from a folder upward: `lockstep.config.ts`, and without one `drizzle.config.ts`, of which
 * then nothing is synced (decision 17). `file` names one. Raises CONFIG_INVALID.
 */
export async function openCheckout(
  cwd: string,
  file: string | undefined,
  surroundings: { readonly env: Variables; readonly isProduction: boolean },
): Promise<Checkout> {
  const found = file === undefined ? findConfig(cwd) : resolve(cwd, file);
  if (/(^|[\\/])drizzle\.config\.\w+$/.test(found))
    return checkoutOf(found, await fromDrizzle(found), surroundings);
  const exported = await loadModule(found);
  return checkoutOf(found, parseConfig(exported.default, found), surroundings);
}

function findConfig(cwd: string): string {
  const found = findUpward(cwd, LOCKSTEP_NAMES) ?? findUpward(cwd, DRIZZLE_NAMES);
  if (found !== null) return found;
  throw new LockstepError('CONFIG_INVALID', {
    message: `Neither lockstep.config.ts nor drizzle.config.ts is in ${cwd} or above it.`,
    remedy: 'Run it inside a checkout, run `lockstep init`, or name the file with --config.',
  });
}

async function fromDrizzle(file: string): Promise<LockstepConfig> {
  const drizzle = await readDrizzleConfig(file);
  return parseConfig({ migrations: drizzle.out, drizzle: file }, file);
}

function checkoutOf(
  configFile: string,
  config: LockstepConfig,
  { env, isProduction }: { readonly env: Variables; readonly isProduction: boolean },
): Checkout {
  const root = dirname(configFile);
  const productionEnv = readEnvFile(join(root, '.env.production'));
  const beneath = isProduction ? productionEnv : readEnvFile(join(root, '.env'));
  const path = (relative: string) => resolve(root, relative);
  const migrationsFolder = path(config.migrations);
  const bundleFolder = config.bundle === null ? null : path(config.bundle);
  return {
    root,
    env: { ...beneath, ...env },
    productionEnv,
    configFile,
    config,
    path,
    migrationsFolder,
    bundleFolder,
    bundle: once(() => loadBundle(migrationsFolder, bundleFolder)),
    drizzle: once(async () => {
      const file = path(config.drizzle);
      return existsSync(file) ? readDrizzleConfig(file) : null;
    }),
  };
}

/** Runs `make` at the first call and answers the same promise ever after. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
