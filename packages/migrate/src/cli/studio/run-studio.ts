import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { lockDirectory } from '../../embedded/directory-lock.ts';
import { systemClock } from '../../run/clock.ts';

export interface StudioOptions {
  /** drizzle-kit's configuration, which names the schema. */
  readonly drizzleConfig: string;
  /** What to look into. Secret: handed on in the environment, never in arguments, which others can list. */
  readonly database: { readonly url: string } | { readonly directory: string };
  readonly host: string;
  readonly port: string;
  /** Its standard output goes to stderr. */
  readonly isJson: boolean;
}

/** drizzle-kit reads a configuration file only: one that takes the checkout's, and another database. */
const CONFIG = (drizzleConfig: string) => `import base from ${JSON.stringify(drizzleConfig)};
const { driver, ...others } = base;
const isDirectory = process.env.LOCKSTEP_STUDIO_DRIVER === 'pglite';
export default {
  ...others,
  ...(isDirectory ? { driver: 'pglite' } : {}),
  dbCredentials: { url: process.env.LOCKSTEP_STUDIO_URL },
};
`;

/**
 * Runs Drizzle Studio until it is ended, and answers its exit code. A PGlite directory is kept for it alone.
 * Raises EMBEDDED_LOCKED, CONFIG_INVALID where drizzle-kit is not installed.
 */
export async function runStudio(options: StudioOptions): Promise<number> {
  const { drizzleConfig, database } = options;
  const isDirectory = 'directory' in database;
  const lock = isDirectory ? await lockDirectory(database.directory, { clock: systemClock }) : null;
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-studio-'));
  try {
    const file = join(folder, 'drizzle.config.ts');
    await writeFile(file, CONFIG(drizzleConfig), { mode: 0o600 });
    const secrets = isDirectory
      ? { LOCKSTEP_STUDIO_URL: database.directory, LOCKSTEP_STUDIO_DRIVER: 'pglite' }
      : { LOCKSTEP_STUDIO_URL: database.url };
    return await spawnKit(options, file, secrets);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await lock?.release();
  }
}

function spawnKit(
  { drizzleConfig, host, port, isJson }: StudioOptions,
  config: string,
  secrets: Readonly<Record<string, string>>,
): Promise<number> {
  const kit = findKit(drizzleConfig);
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [kit, 'studio', `--config=${config}`, `--host=${host}`, `--port=${port}`],
      {
        cwd: dirname(drizzleConfig),
        env: { ...process.env, ...secrets },
        stdio: ['inherit', isJson ? process.stderr : 'inherit', 'inherit'],
      },
    );
    // Ctrl-C reaches both; this one stays until the other has ended, to clean up.
    const pass = (signal: NodeJS.Signals) => void child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    const stopListening = () => {
      process.off('SIGINT', pass);
      process.off('SIGTERM', pass);
    };
    child.once('error', (error) => {
      stopListening();
      reject(error);
    });
    child.once('exit', (code) => {
      stopListening();
      // Ended by a signal is the usual end.
      resolve(code ?? 0);
    });
  });
}

function findKit(drizzleConfig: string): string {
  for (const from of [drizzleConfig, import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve('drizzle-kit')), 'bin.cjs');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    }
  }
  throw new LockstepError('CONFIG_INVALID', {
    message: 'Studio is drizzle-kit’s, and it is not installed.',
    remedy: 'Add drizzle-kit 0.31 to the development dependencies.',
  });
}
