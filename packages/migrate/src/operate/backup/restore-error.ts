import { LockstepError } from '@lockstep/protocol';
import { identityError } from '../../run/identity.ts';
import type { BackupManifest } from './manifest.ts';

export function restoreRefused(message: string, remedy: string, cause?: unknown): LockstepError {
  return new LockstepError('RESTORE_REFUSED', {
    message: `${message} Nothing was touched.`,
    remedy,
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Why a backup may not replace a database, or null. `current` is the id of what is there, null where nothing is, or
 * nothing that could be asked; `pinned` is LOCKSTEP_DATABASE_ID.
 */
export function wrongBackup(
  manifest: BackupManifest,
  current: string | null,
  pinned: string | null,
): LockstepError | null {
  const { id, label } = manifest.database;
  const error = identityError(pinned, id);
  if (error !== null) return error;
  if (current === null || current === id) return null;
  return restoreRefused(
    `The backup ${manifest.name} is of another database (${label}, ${id ?? 'without an id'}) than the one that it would replace (${current}).`,
    'Take a backup of this one, or restore to another place.',
  );
}
