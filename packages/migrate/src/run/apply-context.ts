import type { Migration, MigrationProgram, ReplicaMigration } from '@lockstep/protocol';
import type { Attempt } from './attempt.ts';
import type { Clock } from './clock.ts';
import type { TrackingOptions } from './drizzle-table.ts';
import type { RunEvent } from './events.ts';
import type { Executor } from './executor/executor.ts';
import type { MigrationGuard } from './guard.ts';
import type { Lease } from './lease.ts';
import type { Target } from './target.ts';

/** What applying needs beside the migration itself. */
export interface ApplyContext {
  readonly executor: Executor;
  readonly target: Target;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly lockTimeoutMs: number;
  readonly lockAttempts: number;
  readonly alongside: ((tx: Executor, migration: ReplicaMigration) => Promise<void>) | undefined;
  readonly guards: readonly MigrationGuard[];
  readonly tracking: TrackingOptions;
  /** Drizzle's table is that of 1.0. */
  readonly hasDrizzleNames: boolean;
  /** Of the TypeScript migrations, by tag. */
  readonly programs: Readonly<Record<string, MigrationProgram>>;
  readonly tell: (event: RunEvent) => void;
}

/** A migration that is being applied. */
export interface MigrationRun extends ApplyContext {
  readonly migration: Migration | ReplicaMigration;
  /** How many statements it has. */
  readonly of: number;
  readonly elapsedMs: () => number;
  /** A committed transaction wrote its row. */
  isRecorded: boolean;
  /** The statement outside of transactions that was begun, and that nobody knows the end of. */
  attempt: Attempt | null;
}

/** Which of a migration's segments is at hand. */
export interface Turn {
  /** Nothing of the migration was run before. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}
