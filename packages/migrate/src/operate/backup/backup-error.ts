import { LockstepError } from '@lockstep/protocol';

export function backupFailed(label: string, why: string, cause?: unknown): LockstepError {
  const said = cause instanceof Error ? ` (${cause.message})` : '';
  return new LockstepError('BACKUP_FAILED', {
    message: `No backup of ${label} was made: ${why}${said}.`,
    remedy:
      'Nothing was changed. Look at the reason, and try again; `backup` in lockstep.config.ts has other kinds.',
    ...(cause === undefined ? {} : { cause }),
  });
}
