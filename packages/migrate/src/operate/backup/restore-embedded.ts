import { mkdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Extensions } from '@electric-sql/pglite';
import { LockstepError } from '@lockstep/protocol';
import { type DirectoryLock, lockDirectory } from '../../embedded/directory-lock.ts';
import { readState } from '../../embedded/embedded-state.ts';
import { readMarker, writeMarker } from '../../embedded/marker.ts';
import { syncPath, syncTree } from '../../embedded/sync-files.ts';
import { type Clock, systemClock } from '../../run/clock.ts';
import { readDatabaseId } from '../../run/identity.ts';
import { openPglite } from '../open-pglite.ts';
import type { BackupManifest } from './manifest.ts';
import { diffFromManifest, type OpenCopy, openCopy } from './open-copy.ts';
import { restoreRefused, wrongBackup } from './restore-error.ts';
import { requireIntact, type StoredBackup } from './store.ts';

export interface RestoreEmbeddedOptions {
  /** LOCKSTEP_DATABASE_ID: only this database is restored. */
  readonly databaseId?: string | null;
  readonly extensions?: Extensions;
  /** How long to wait for a process that has the directory open, in milliseconds: not at all. */
  readonly waitMs?: number;
  readonly clock?: Clock;
}

export interface Restored {
  /** Where the state is that was replaced; null where there was none. */
  readonly replaced: string | null;
}

/**
 * Puts a backup in the place of a PGlite directory. It is unpacked beside it, opened and compared first; then the two
 * change places, and what was there stays beside it. Raises BACKUP_CORRUPT, RESTORE_REFUSED, DATABASE_WRONG,
 * EMBEDDED_LOCKED; then the directory is as it was.
 */
export async function restoreEmbedded(
  backup: StoredBackup,
  dataDir: string,
  options: RestoreEmbeddedOptions = {},
): Promise<Restored> {
  const { clock = systemClock, waitMs = 0 } = options;
  await requireIntact(backup);
  const path = resolve(dataDir);
  const isThere = await exists(path);
  await mkdir(path, { recursive: true });
  const lock = await lockDirectory(path, { waitMs, clock });
  try {
    const current = isThere ? await currentId(lock.directory, options.extensions) : null;
    const wrong = wrongBackup(backup.manifest, current, options.databaseId ?? null);
    if (wrong !== null) throw wrong;
    return await replace(backup, lock, options, clock.now());
  } finally {
    await lock.release();
  }
}

/** Of what is there: from the marker, or by opening it; null for what doesn't open. */
async function currentId(directory: string, extensions: Extensions = {}): Promise<string | null> {
  const known = (await readMarker(directory))?.databaseId ?? null;
  if (known !== null) return known;
  if (!(await exists(`${directory}/PG_VERSION`))) return null;
  const opened = await openPglite(directory, { extensions }).catch(() => null);
  if (opened === null) return null;
  try {
    return await readDatabaseId(opened.executor);
  } finally {
    await opened.close();
  }
}

async function replace(
  { manifest, data }: StoredBackup,
  { directory }: DirectoryLock,
  { extensions }: RestoreEmbeddedOptions,
  now: number,
): Promise<Restored> {
  const { kind } = manifest.data;
  if (data === null || (kind !== 'directory' && kind !== 'archive')) {
    throw restoreRefused(`The backup ${manifest.name} is a ${kind}, not of a PGlite.`, 'Choose another one.');
  }
  const fresh = `${directory}.restoring`;
  await rm(fresh, { recursive: true, force: true });
  const copy = await openCopy(kind, data, fresh, extensions);
  const { differences, state } = await inspect(copy, manifest);
  if (differences.length > 0) {
    await rm(fresh, { recursive: true, force: true });
    throw differs(manifest.name, differences);
  }
  await syncTree(fresh);
  const replaced = `${directory}.replaced-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  // An end between these leaves a marker that knows more than the directory: that is told at the next opening.
  await rename(directory, replaced);
  await rename(fresh, directory);
  await syncPath(dirname(directory));
  const { systemIdentifier, databaseId, lsn, tag, chain } = state;
  await writeMarker(directory, { format: 1, systemIdentifier, databaseId, lsn, tag, chain, openSince: null });
  return { replaced: (await isEmpty(replaced)) ? null : replaced };
}

async function inspect(copy: OpenCopy, manifest: BackupManifest) {
  try {
    return {
      differences: await diffFromManifest(copy.executor, manifest),
      state: await readState(copy.executor),
    };
  } finally {
    await copy.close();
  }
}

/** An empty folder was made for the lock: it is nothing to keep. */
async function isEmpty(directory: string): Promise<boolean> {
  return rmdir(directory).then(
    () => true,
    () => false,
  );
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function differs(name: string, differences: readonly string[]): LockstepError {
  return new LockstepError('BACKUP_CORRUPT', {
    message: `The backup ${name} was restored beside the database and is not what it was: ${differences.join(', ')}. Nothing was touched.`,
    remedy: 'Take another backup.',
    details: { backup: name, differences },
  });
}
