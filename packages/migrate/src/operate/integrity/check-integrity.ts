import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { checkStorage } from './amcheck.ts';
import { checkForeignKeys } from './foreign-keys.ts';
import { findInvalidIndexes } from './invalid-indexes.ts';
import type { IntegrityReport } from './report.ts';

export interface IntegrityOptions {
  /**
   * `full`: every foreign key is compared with its rows, and amcheck reads every index and table. `quick`: catalogues
   * only. A replica is never looked at in full: its rows are a part.
   */
  readonly level: 'full' | 'quick';
}

/**
 * Looks for damage (C4): invalid indexes; foreign keys that don't hold; indexes and tables whose storage is damaged.
 * Reads only; amcheck is made for it and rolled back where it isn't installed.
 */
export async function checkIntegrity(
  executor: Executor,
  { level }: IntegrityOptions,
): Promise<IntegrityReport> {
  const invalid = await findInvalidIndexes(executor);
  if (level === 'quick') {
    return { findings: invalid, skipped: ['rows and storage, for only the catalogues were to be read'] };
  }
  // Storage first: where it is damaged other queries fail in words that nobody understands.
  const storage = await checkStorage(executor);
  const keys =
    storage.findings.length > 0
      ? { findings: [], skipped: ['foreign keys, for storage is damaged'] }
      : await checkForeignKeys(executor);
  return {
    findings: [...invalid, ...storage.findings, ...keys.findings],
    skipped: [...storage.skipped, ...keys.skipped],
  };
}

const SHOWN_MAX = 5;

/** Raises INTEGRITY_DAMAGED when anything was found. `when` is before or after a run. */
export function requireIntegrity({ findings }: IntegrityReport, when: 'before' | 'after'): void {
  if (findings.length === 0) return;
  const shown = findings.slice(0, SHOWN_MAX).map(({ object, what }) => `${object}: ${what}`);
  const more = findings.length > SHOWN_MAX ? ` and ${findings.length - SHOWN_MAX} more` : '';
  const state = when === 'before' ? 'Nothing was touched.' : 'The migrations are applied.';
  throw new LockstepError('INTEGRITY_DAMAGED', {
    message: `The database is damaged: ${shown.join('; ')}${more}. ${state}`,
    remedy:
      'Restore a backup from before the damage (db:backups), or mend it: REINDEX an index, mend or delete the rows that a foreign key forbids.',
    details: { findings },
  });
}
