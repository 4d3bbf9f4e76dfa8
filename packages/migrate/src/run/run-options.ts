import type { LockstepError, ReplicaMigration, SchemaVersion } from '@lockstep/protocol';
import type { StructureDiff } from '../operate/structure/diff.ts';
import type { Clock } from './clock.ts';
import type { TrackingOptions } from './drizzle-table.ts';
import type { RunEvent } from './events.ts';
import type { Executor } from './executor/executor.ts';
import type { MigrationGuard } from './guard.ts';
import type { StashRetention } from './stash/prune-stash.ts';
import type { Target } from './target.ts';

/** How runners agree on one of them. Times in milliseconds. */
export interface LeaseOptions {
  /** What other runners are told of this one. A word and a random number otherwise. */
  readonly holder?: string;
  /** How long a lease lives without a sign of life: 30 s. */
  readonly termMs?: number;
  /** How often a waiter looks: about 250 ms. */
  readonly pollMs?: number;
  /** How long a waiter waits before MIGRATION_LEASE_TIMEOUT: 10 minutes. */
  readonly waitMs?: number;
}

export interface RunOptions<T extends Target = Target> {
  /** `server` for a Postgres and `embedded` for a PGlite otherwise. */
  readonly target?: T;
  readonly onEvent?: (event: RunEvent) => void;
  /**
   * Runs in the migration's transaction, after its statements and before its tracking rows: what it writes is there
   * exactly if the migration is. When it throws, the migration is rolled back.
   */
  readonly alongside?: (tx: Executor, migration: ReplicaMigration) => Promise<void>;
  /** Asked before and after each migration, in its transactions, in this order. */
  readonly guards?: readonly MigrationGuard[];
  /**
   * Whether what migrations drop or narrow is copied into a stash first, so that undoing them brings it back (D3), and
   * how long: 30 days. False copies nothing, for tables that are too large; undoing is then refused as lossy.
   */
  readonly stash?: StashRetention | false;
  /**
   * Runs once, before the first pending migration and after the comparison, while no other runner can start: the place
   * for a backup. May take its time. When it throws a LockstepError, nothing is applied and the run is refused with it.
   */
  readonly beforePending?: (pending: readonly ReplicaMigration[]) => Promise<void>;
  /** Runs after each migration's commit and before the next one begins. When it throws, so does the run. */
  readonly afterMigration?: (migration: ReplicaMigration) => Promise<void>;
  /** The id that the database must have (`readDatabaseId`), else the run is refused with DATABASE_WRONG. */
  readonly databaseId?: string | null;
  /**
   * Whether the structure must be the promised one after the last migration, in whose transaction it is looked at: a
   * difference that the run made rolls that migration back with STRUCTURE_MISMATCH, one that was there before is told
   * as `drift`. `after` by default; never on a replica, nor where the bundle promises nothing.
   */
  readonly verify?: 'after' | 'off';
  readonly lease?: LeaseOptions;
  /** Drizzle's tracking table, where it isn't `drizzle.__drizzle_migrations`. */
  readonly tracking?: TrackingOptions;
  /** How long a statement on a server waits for a lock before the migration is rolled back and tried again: 2 s. */
  readonly lockTimeoutMs?: number;
  /** How often a migration is tried when it doesn't get its locks: 20. */
  readonly lockAttempts?: number;
  /**
   * `exact` adopts a database without tracking rows whose structure equals one of the versions (E1), and else answers
   * `unadoptable`. Not on replicas. `never` (default): such a database is migrated from the first migration on.
   */
  readonly adopt?: 'exact' | 'never';
  readonly clock?: Clock;
}

/** What became of a pending migration. */
export interface MigrationOutcome {
  readonly tag: string;
  readonly outcome: 'applied' | 'failed' | 'not-run';
  /** 0 for those that did not run. */
  readonly durationMs: number;
}

/** `version` is what is applied when the run ends. */
export type RunResult = RunSuccess | RunFailure;

export type RunSuccess =
  | { readonly kind: 'up-to-date'; readonly version: SchemaVersion | null; readonly migrations: readonly [] }
  | {
      readonly kind: 'applied';
      readonly version: SchemaVersion | null;
      readonly migrations: readonly MigrationOutcome[];
    };

export type RunFailure =
  /** A migration failed: it left nothing, those before it stay. */
  | {
      readonly kind: 'failed';
      readonly error: LockstepError;
      readonly version: SchemaVersion | null;
      readonly migrations: readonly MigrationOutcome[];
    }
  /** With `adopt`: it equals none of the versions, or several. `diff` is to the nearest. Nothing was changed. */
  | {
      readonly kind: 'unadoptable';
      readonly diff: StructureDiff;
      readonly error: LockstepError;
      readonly version: null;
      readonly migrations: readonly MigrationOutcome[];
    }
  /**
   * Nothing was run: BUNDLE_INVALID, PROGRAM_MISSING, MIGRATION_EDITED, MIGRATION_AHEAD, MIGRATION_GAP,
   * MIGRATION_LEASE_TIMEOUT, DATABASE_WRONG, or what `beforePending` threw.
   */
  | {
      readonly kind: 'refused';
      readonly error: LockstepError;
      readonly version: SchemaVersion | null;
      readonly migrations: readonly MigrationOutcome[];
    };

/** Throws the error of a run that didn't succeed, so that an application doesn't start half-migrated. */
export function requireMigrated(result: RunResult): RunSuccess {
  if ('error' in result) throw result.error;
  return result;
}
