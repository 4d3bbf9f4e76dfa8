import { backupBeforePending, describeBackup } from '../operate/backup/index.ts';
import type { RunOptions } from '../run/run-options.ts';
import { backupOptionsOf, backupTargetOf } from './backup-target.ts';
import type { CommandContext } from './context.ts';
import type { OpenDatabase } from './database/database.ts';

/** What makes a run safe on this database: a backup first in production (C3), and what is applied on disk (C6). */
export async function safeRunOptions(
  context: CommandContext,
  database: OpenDatabase,
  { withBackup }: { readonly withBackup: boolean },
): Promise<Pick<RunOptions, 'beforePending' | 'afterMigration'>> {
  const { acknowledge, isProduction } = database;
  const options = await backupOptionsOf(context);
  const beforePending = backupBeforePending(backupTargetOf(database), {
    ...options,
    isWaived: !withBackup,
    onMade: ({ manifest }) => context.io.out(`Backed up: ${describeBackup(manifest)}.`),
  });
  return {
    ...(isProduction ? { beforePending: () => context.io.progress('Backing up', beforePending) } : {}),
    ...(acknowledge === undefined ? {} : { afterMigration: acknowledge }),
  };
}
