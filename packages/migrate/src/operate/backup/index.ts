export { type BackupMade, type BackupOptions, backup } from './backup.ts';
export { type BeforePendingOptions, backupBeforePending } from './before-pending.ts';
export { type BackupManifest, describeBackup } from './manifest.ts';
export {
  type BackupPolicy,
  type BackupPolicyInput,
  backupPolicySchema,
  defineBackupPolicy,
} from './policy.ts';
export { pruneBackups } from './prune.ts';
export { type Restored, type RestoreEmbeddedOptions, restoreEmbedded } from './restore-embedded.ts';
export { type RestoredNewest, restoreNewest } from './restore-newest.ts';
export { type RestoreServerOptions, restoreServer, type ServerRestored } from './restore-server.ts';
export type { Retention } from './retention.ts';
export { findBackup, listBackups, type StoredBackup } from './store.ts';
export type { BackupTarget } from './target.ts';
export { type BackupCheck, verifyBackup } from './verify-backup.ts';
