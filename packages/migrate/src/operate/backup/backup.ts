import { randomBytes } from 'node:crypto';
import { LockstepError } from '@lockstep/protocol';
import { type Clock, systemClock } from '../../run/clock.ts';
import { backupEmbedded } from './backup-embedded.ts';
import { callExternal, dumpServer, markRestorePoint } from './backup-server.ts';
import { backupName } from './manifest.ts';
import type { BackupPolicy } from './policy.ts';
import { pruneBackups } from './prune.ts';
import { type BackupDraft, draftBackup, type StoredBackup } from './store.ts';
import type { BackupTarget, ManifestOf } from './target.ts';

export interface BackupOptions {
  readonly policy: BackupPolicy;
  /** Where they are kept: the policy's folder, made absolute. */
  readonly folder: string;
  readonly clock?: Clock;
}

export interface BackupMade extends StoredBackup {
  /** Backups that the retention rule let go of. */
  readonly pruned: readonly string[];
}

/**
 * Makes a backup and proves it by opening it (C3); then deletes what is too old. Raises BACKUP_FAILED,
 * BACKUP_TOOL_MISSING, BACKUP_IMPOSSIBLE; then nothing is left of it.
 */
export async function backup(target: BackupTarget, options: BackupOptions): Promise<BackupMade> {
  const { policy, folder, clock = systemClock } = options;
  const takenAt = new Date(clock.now());
  const nonce = randomBytes(3).toString('hex');
  const draft = await draftBackup(folder, backupName(takenAt, null, nonce));
  try {
    const made = await make(target, policy, draft, (facts) => ({
      format: 1,
      name: backupName(takenAt, facts.version?.tag ?? null, nonce),
      takenAt: takenAt.toISOString(),
      database: { id: facts.databaseId, label: target.label, postgres: facts.postgres },
      version: facts.version,
      fingerprint: facts.fingerprint,
      structure: facts.structure,
      contents: facts.contents,
    }));
    const pruned = await pruneBackups(folder, made.manifest.database.id, policy, clock.now());
    return { ...made, pruned };
  } finally {
    await draft.discard();
  }
}

function make(
  target: BackupTarget,
  policy: BackupPolicy,
  draft: BackupDraft,
  describe: ManifestOf,
): Promise<StoredBackup> {
  const { kind, command } = policy;
  if (kind === 'none')
    throw impossible('the configuration says none', policy.reason ?? 'It gives no reason.');
  if (target.kind === 'embedded') {
    if (kind === 'auto') return backupEmbedded(target, draft, describe);
    throw impossible(`${kind} is for servers`, "Leave backup.kind at 'auto': it is copied.");
  }
  if (kind === 'restore-point') return markRestorePoint(target, draft, describe);
  if (kind !== 'external') return dumpServer(target, policy, draft, describe);
  if (command === undefined) throw impossible('external has no command', 'Set backup.command.');
  return callExternal(target, command, draft, describe);
}

function impossible(why: string, remedy: string): LockstepError {
  return new LockstepError('BACKUP_IMPOSSIBLE', { message: `No backup can be made: ${why}.`, remedy });
}
