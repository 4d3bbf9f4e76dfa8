import type { BackupTarget } from '../operate/backup/index.ts';
import type { CommandContext } from './context.ts';
import type { OpenDatabase } from './database/database.ts';

/** What of a command's database is backed up. */
export function backupTargetOf({ db, executor, directory, url, label }: OpenDatabase): BackupTarget {
  if (db !== null) return { kind: 'embedded', db, executor, directory, label };
  if (url === null) throw new Error('A database is either embedded or has a URL.');
  return { kind: 'server', url, label };
}

/** The checkout's policy with its folder, absolute. */
export async function backupOptionsOf(context: CommandContext) {
  const { config, path } = await context.checkout();
  return { policy: config.backup, folder: path(config.backup.folder) };
}
