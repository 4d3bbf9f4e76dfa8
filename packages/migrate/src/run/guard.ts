import type { Migration, ReplicaMigration } from '@lockstep/protocol';
import type { Executor } from './executor/executor.ts';

/**
 * Looks on while a migration is applied, in the migration's own transactions: what it writes is there exactly if the
 * migration is, and when it throws, the migration's transaction is rolled back and the run fails with what it threw.
 */
export interface MigrationGuard {
  /** False for a migration that it need not be asked about, which then costs nothing. True otherwise. */
  concerns?(migration: Migration | ReplicaMigration): boolean;
  /** At the start of the first transaction. Not again when an interrupted migration is resumed. */
  before?(tx: Executor, migration: Migration | ReplicaMigration): Promise<void>;
  /** In the last transaction, behind the last statement and before the tracking rows. */
  after?(tx: Executor, migration: Migration | ReplicaMigration): Promise<void>;
}
