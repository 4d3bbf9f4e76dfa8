import { backupBeforePending, describeBackup } from '../operate/backup/index.ts';
import { checkIntegrity, requireIntegrity, tripwire } from '../operate/integrity/index.ts';
import type { RunOptions } from '../run/run-options.ts';
import { backupOptionsOf, backupTargetOf } from './backup-target.ts';
import type { CommandContext } from './context.ts';
import type { OpenDatabase } from './database/database.ts';

export interface SafeRun {
  readonly options: Required<Pick<RunOptions, 'beforePending' | 'guards'>> &
    Pick<RunOptions, 'afterMigration'>;
  /** Looks at the database once more when migrations have run. Raises INTEGRITY_DAMAGED. */
  finish(): Promise<void>;
}

/**
 * What makes a run safe on this database: its integrity before and after (C4), a backup in production (C3), the tripwire,
 * and that what is applied is on disk (C6).
 */
export async function safeRun(
  context: CommandContext,
  database: OpenDatabase,
  { withBackup }: { readonly withBackup: boolean },
): Promise<SafeRun> {
  const { io } = context;
  const { config } = await context.checkout();
  const level = config.integrity ?? (database.target === 'embedded' ? 'full' : 'quick');
  const look = async (when: 'before' | 'after') => {
    if (level === 'off') return;
    const check = () => checkIntegrity(database.executor, { level });
    requireIntegrity(await io.progress('Looking for damage', check), when);
  };
  const backUp = backupBeforePending(backupTargetOf(database), {
    ...(await backupOptionsOf(context)),
    isWaived: !withBackup,
    onMade: ({ manifest }) => io.out(`Backed up: ${describeBackup(manifest)}.`),
  });
  const { acknowledge, isProduction } = database;
  return {
    options: {
      async beforePending() {
        await look('before');
        if (isProduction) await io.progress('Backing up', backUp);
      },
      guards: [tripwire({ mayEmpty: config.mayEmpty })],
      ...(acknowledge === undefined ? {} : { afterMigration: acknowledge }),
    },
    finish: () => look('after'),
  };
}
