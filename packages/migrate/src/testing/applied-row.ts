import type { Migration } from '@lockstep/protocol';
import type { AppliedMigration } from '../run/applied.ts';

/** The row that our tracking table has of a migration. */
export function appliedRow(migration: Migration): AppliedMigration {
  const { tag, index, when, hash, chain } = migration;
  return { tag, index, when, hash, chain, target: 'server', appliedAt: 0, durationMs: 1, step: null };
}
