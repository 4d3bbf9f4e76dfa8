import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Owner } from './owner.ts';

export interface ClusterOptions {
  readonly dataDir: string;
  readonly initdb: string;
  readonly owner: Owner | null;
  readonly password: string;
}

/**
 * Creates the cluster unless it is there. It is made beside its place and moved there when it is whole: an interrupted
 * start leaves nothing that looks like a cluster.
 */
export async function ensureCluster(options: ClusterOptions): Promise<void> {
  const { dataDir, owner } = options;
  if (await isThere(join(dataDir, 'PG_VERSION'))) return;
  const fresh = `${dataDir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(dirname(dataDir), { recursive: true });
  await mkdir(fresh, { mode: 0o700 });
  if (owner !== null) await chown(fresh, owner.uid, owner.gid);
  await initialise(fresh, options);
  await rmdir(dataDir).catch(() => undefined); // An empty folder gives way; one with files makes the rename fail.
  await rename(fresh, dataDir);
}

async function initialise(directory: string, { initdb, owner, password }: ClusterOptions): Promise<void> {
  const secrets = await mkdtemp(`${directory}-secret-`);
  const passwordFile = join(secrets, 'password');
  try {
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (owner !== null) {
      for (const path of [secrets, passwordFile]) await chown(path, owner.uid, owner.gid);
    }
    const child = spawn(
      initdb,
      [
        `--pgdata=${directory}`,
        '--auth=scram-sha-256',
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      { ...owner, stdio: ['ignore', 'ignore', 'pipe'], detached: process.platform !== 'win32' },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`initdb failed: ${said.trim().split('\n').slice(-3).join(' ')}`);
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
}

/** Unlike `existsSync`, it tells files that may not be seen from files that are not there: it throws EACCES. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
