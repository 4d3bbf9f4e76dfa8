import type { Executor } from '../run/executor/executor.ts';
import type { RunOptions } from '../run/run-options.ts';
import { type BeforePendingOptions, backupBeforePending } from './backup/before-pending.ts';
import type { BackupTarget } from './backup/target.ts';
import { checkIntegrity, requireIntegrity } from './integrity/check-integrity.ts';
import { tripwire } from './integrity/tripwire.ts';

export interface SafeRunOptions {
  readonly executor: Executor;
  /** What is backed up before pending migrations, and how; null for a database that needs none. */
  readonly backup: (BeforePendingOptions & { readonly target: BackupTarget }) | null;
  /** How closely the database is looked at before and after; `off` for not at all. */
  readonly integrity: 'full' | 'quick' | 'off';
  /** Tables that any migration may empty. */
  readonly mayEmpty?: readonly string[];
  /** Makes what is applied survive a power cut: `openEmbedded`'s. */
  readonly acknowledge?: () => Promise<void>;
  /** Tells of what takes long. */
  readonly during?: <T>(what: string, work: () => Promise<T>) => Promise<T>;
}

export interface SafeRun {
  /** For `runMigrations`. */
  readonly options: Required<Pick<RunOptions, 'beforePending' | 'guards'>> &
    Pick<RunOptions, 'afterMigration'>;
  /** Looks at the database once more when migrations have run. Raises INTEGRITY_DAMAGED. */
  finish(): Promise<void>;
}

/**
 * What makes a run safe: the database's integrity before and after (C4), a backup (C3), the tripwire, and that what is
 * applied is on disk (C6).
 */
export function safeRun(options: SafeRunOptions): SafeRun {
  const { executor, backup, integrity, mayEmpty = [], acknowledge, during = (_, work) => work() } = options;
  const look = async (when: 'before' | 'after') => {
    if (integrity === 'off') return;
    requireIntegrity(
      await during('Looking for damage', () => checkIntegrity(executor, { level: integrity })),
      when,
    );
  };
  return {
    options: {
      async beforePending() {
        await look('before');
        if (backup !== null) await during('Backing up', backupBeforePending(backup.target, backup));
      },
      guards: [tripwire({ mayEmpty })],
      ...(acknowledge === undefined ? {} : { afterMigration: acknowledge }),
    },
    finish: () => look('after'),
  };
}
