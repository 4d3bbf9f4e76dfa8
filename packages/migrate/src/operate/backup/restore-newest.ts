import { isLockstepError, LockstepError } from '@lockstep/protocol';
import { type Restored, type RestoreEmbeddedOptions, restoreEmbedded } from './restore-embedded.ts';
import { listBackups, type StoredBackup } from './store.ts';

export interface RestoredNewest extends Restored {
  readonly backup: StoredBackup;
  /** Newer ones that turned out not to be what they were. */
  readonly corrupt: readonly string[];
}

/**
 * Restores the newest backup of a folder that is what it was when it was made: for a database whose storage lost what it
 * had acknowledged (C6). Backups of another database are refused, not skipped. Raises BACKUP_NOT_FOUND when none is good.
 */
export async function restoreNewest(
  folder: string,
  dataDir: string,
  options: RestoreEmbeddedOptions = {},
): Promise<RestoredNewest> {
  const corrupt: string[] = [];
  for (const backup of await listBackups(folder)) {
    try {
      return { ...(await restoreEmbedded(backup, dataDir, options)), backup, corrupt };
    } catch (error) {
      if (!isLockstepError(error) || error.code !== 'BACKUP_CORRUPT') throw error;
      corrupt.push(backup.manifest.name);
    }
  }
  throw new LockstepError('BACKUP_NOT_FOUND', {
    message:
      corrupt.length === 0
        ? `There is no backup in ${folder}.`
        : `No backup in ${folder} is what it was when it was made: ${corrupt.join(', ')}.`,
    remedy: 'Look for backups elsewhere; what is in the directory can be opened with onStorageLost: accept.',
    details: { folder, corrupt },
  });
}
