import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { syncPath, writeDurably } from '../../embedded/sync-files.ts';
import { checksum } from './checksum.ts';
import { type BackupManifest, backupManifestSchema } from './manifest.ts';

/** A backup in its folder. */
export interface StoredBackup {
  readonly manifest: BackupManifest;
  /** Where its data is; null for one that is kept elsewhere. */
  readonly data: string | null;
}

const MANIFEST = 'manifest.json';
const DATA = 'data';
const UNFINISHED = '.unfinished';
/** Nobody works on a backup for longer. */
const UNFINISHED_AGE_MS_MAX = 24 * 3_600_000;

/** Every whole backup of a folder, the newest first. What can't be read is no backup, and is left out. */
export async function listBackups(folder: string): Promise<readonly StoredBackup[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(names.map((name) => readBackup(folder, name)));
  return found
    .filter((backup) => backup !== null)
    .sort((a, b) => (a.manifest.name < b.manifest.name ? 1 : -1));
}

async function readBackup(folder: string, name: string): Promise<StoredBackup | null> {
  if (name.endsWith(UNFINISHED)) return null;
  const text = await readFile(join(folder, name, MANIFEST), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const manifest = backupManifestSchema.parse(JSON.parse(text));
    // A folder that was renamed by hand would be found under the wrong time.
    if (manifest.name !== name) return null;
    return { manifest, data: 'sha256' in manifest.data ? join(folder, name, DATA) : null };
  } catch {
    return null;
  }
}

/** One by its name. Raises BACKUP_NOT_FOUND. */
export async function findBackup(folder: string, name: string): Promise<StoredBackup> {
  const backups = await listBackups(folder);
  const found = backups.find(({ manifest }) => manifest.name === name);
  if (found !== undefined) return found;
  throw new LockstepError('BACKUP_NOT_FOUND', {
    message: `There is no backup ${name} in ${folder}.`,
    remedy:
      backups.length === 0
        ? 'The folder has none at all: check the path.'
        : `The newest is ${backups[0]?.manifest.name}.`,
  });
}

/** Raises BACKUP_CORRUPT unless the data is byte for byte what was written when the backup was made. */
export async function requireIntact({ manifest, data }: StoredBackup): Promise<void> {
  if (data === null || !('sha256' in manifest.data)) return;
  const found = await checksum(data).catch(() => null);
  if (found?.sha256 === manifest.data.sha256) return;
  throw new LockstepError('BACKUP_CORRUPT', {
    message:
      found === null
        ? `The backup ${manifest.name} has lost its data.`
        : `The backup ${manifest.name} is not what was written when it was made: its sha256 differs.`,
    remedy: 'Take another backup (the list has them), and look after the disk.',
    details: { backup: manifest.name },
  });
}

/** A place where a backup is being made: it becomes one when it is whole, by its name. */
export interface BackupDraft {
  /** Where its data goes, a file or a folder that doesn't exist yet. */
  readonly data: string;
  /** For copies that are opened; gone with the draft. */
  readonly scratch: string;
  commit(manifest: BackupManifest): Promise<StoredBackup>;
  discard(): Promise<void>;
}

export async function draftBackup(folder: string, name: string): Promise<BackupDraft> {
  await mkdir(folder, { recursive: true });
  const place = join(folder, `${name}${UNFINISHED}`);
  await rm(place, { recursive: true, force: true });
  // It holds everything that the database holds: nobody else is to read it.
  await mkdir(place, { mode: 0o700 });
  const scratch = join(place, 'scratch');
  return {
    data: join(place, DATA),
    scratch,
    async commit(manifest) {
      await rm(scratch, { recursive: true, force: true });
      await writeDurably(join(place, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
      await rename(place, join(folder, manifest.name));
      await syncPath(folder);
      return { manifest, data: 'sha256' in manifest.data ? join(folder, manifest.name, DATA) : null };
    },
    discard: () => rm(place, { recursive: true, force: true }),
  };
}

/** Deletes a backup. Its manifest goes first: half of it is no backup any more. */
export async function removeBackup(folder: string, { manifest }: StoredBackup): Promise<void> {
  await rm(join(folder, manifest.name, MANIFEST), { force: true });
  await rm(join(folder, manifest.name), { recursive: true, force: true });
}

/** Deletes what interrupted runs left behind. */
export async function removeUnfinished(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(UNFINISHED)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (now - mtimeMs > UNFINISHED_AGE_MS_MAX) await rm(path, { recursive: true, force: true });
  }
}
