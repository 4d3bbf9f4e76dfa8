import { type BackupMade, describeBackup } from '../operate/backup/index.ts';
import { type SafeRun, safeRun } from '../operate/safe-run.ts';
import { backupOptionsOf, backupTargetOf } from './backup-target.ts';
import type { CommandContext } from './context.ts';
import type { OpenDatabase } from './database/database.ts';

/** A safe run on a command's database, as the configuration wants it: with a backup in production alone. */
export async function safeRunOf(
  context: CommandContext,
  database: OpenDatabase,
  { withBackup }: { readonly withBackup: boolean },
): Promise<SafeRun> {
  const { io } = context;
  const { config } = await context.checkout();
  const { executor, target, isProduction, acknowledge } = database;
  const backup = {
    target: backupTargetOf(database),
    ...(await backupOptionsOf(context)),
    isWaived: !withBackup,
    onMade: ({ manifest }: BackupMade) => io.out(`Backed up: ${describeBackup(manifest)}.`),
  };
  return safeRun({
    executor,
    backup: isProduction ? backup : null,
    integrity: config.integrity ?? (target === 'embedded' ? 'full' : 'quick'),
    mayEmpty: config.mayEmpty,
    during: (what, work) => io.progress(what, work),
    ...(acknowledge === undefined ? {} : { acknowledge }),
  });
}
