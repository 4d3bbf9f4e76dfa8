import { isLockstepError, LockstepError } from '@lockstep/protocol';
import { type BackupMade, type BackupOptions, backup } from './backup.ts';
import type { BackupTarget } from './target.ts';

export interface BeforePendingOptions extends BackupOptions {
  /** `--no-backup`: the caller has another one, or none is worth it. */
  readonly isWaived?: boolean;
  readonly onMade?: (made: BackupMade) => void;
}

/**
 * For `beforePending` of a run in production: a backup first, and no migration without one. What is in its way stops the
 * run with BACKUP_IMPOSSIBLE and the reason, unless it was waived or the policy says `none` with a reason.
 */
export function backupBeforePending(
  target: BackupTarget,
  options: BeforePendingOptions,
): () => Promise<void> {
  return async () => {
    const { policy, isWaived = false, onMade } = options;
    if (isWaived || (policy.kind === 'none' && policy.reason)) return;
    try {
      const made = await backup(target, options);
      onMade?.(made);
    } catch (cause) {
      throw isLockstepError(cause) ? stopped(cause) : cause;
    }
  };
}

function stopped(cause: LockstepError): LockstepError {
  return new LockstepError('BACKUP_IMPOSSIBLE', {
    message: `Migrations are pending in production, and there is no backup: ${cause.message}`,
    remedy: `${cause.remedy} To go on without: --no-backup, or backup: { kind: 'none', reason: '…' }. Nothing was migrated.`,
    details: { code: cause.code, ...cause.details },
    cause,
  });
}
