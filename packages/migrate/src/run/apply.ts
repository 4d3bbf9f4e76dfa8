import {
  isLockstepError,
  type LockstepError,
  type Migration,
  type MigrationProgram,
  type ReplicaMigration,
} from '@lockstep/protocol';
import { type Clock, jitter } from './clock.ts';
import type { TrackingOptions } from './drizzle-table.ts';
import type { RunEvent } from './events.ts';
import type { Executor } from './executor/executor.ts';
import { otherFailure, programMissing, statementFailure } from './failure.ts';
import type { MigrationGuard } from './guard.ts';
import type { Lease } from './lease.ts';
import type { PendingMigration } from './plan.ts';
import { applyProgram } from './program/apply-program.ts';
import { sqlStateOf } from './sql-error.ts';
import { type Segment, statementsFor, type TargetStatement, toSegments } from './statements.ts';
import type { Target } from './target.ts';
import { recordApplied, recordStep } from './tracking.ts';

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
  /** Of the TypeScript migrations, by tag. */
  readonly programs: Readonly<Record<string, MigrationProgram>>;
  readonly tell: (event: RunEvent) => void;
}

const RETRY_DELAY_MS = 500;
/** lock_not_available and deadlock_detected: others were in the way, which passes. */
const LOCK_STATES: ReadonlySet<string | null> = new Set(['55P03', '40P01']);

/**
 * Applies one migration from the step where it stands: in one transaction with its tracking rows, or, where it has
 * statements that run outside of transactions only, in several, each of which records how far it got. Throws a
 * LockstepError; the transaction it happened in is rolled back.
 */
export async function applyMigration(
  context: ApplyContext,
  pending: PendingMigration<Migration | ReplicaMigration>,
): Promise<number> {
  const { clock, target } = context;
  const { migration } = pending;
  const startedAt = clock.now();
  const program = programFor(context, migration);
  if (program !== null) return applyWithProgram(context, pending, program);
  const statements = statementsFor(migration, target);
  const segments = toSegments(statements, pending.step);
  const run: MigrationRun = {
    ...context,
    migration,
    of: statements.length,
    elapsedMs: () => Math.round(clock.now() - startedAt),
  };
  for (const [index, segment] of segments.entries()) {
    const turn: Turn = {
      segment,
      isFirst: index === 0 && pending.step === 0,
      isLast: index === segments.length - 1,
    };
    await withLockRetries(run, () => runSegment(run, turn));
  }
  return run.elapsedMs();
}

/** Null for a migration of SQL, and on a replica, which runs derived statements. Throws PROGRAM_MISSING. */
function programFor({ programs, target }: ApplyContext, migration: Migration | ReplicaMigration) {
  if (target === 'replica' || !('program' in migration) || migration.program === null) return null;
  const program = programs[migration.tag];
  if (program === undefined) throw programMissing([migration.tag]);
  return { program, migration, target };
}

async function applyWithProgram(
  context: ApplyContext,
  pending: PendingMigration<Migration | ReplicaMigration>,
  { program, migration, target }: NonNullable<ReturnType<typeof programFor>>,
): Promise<number> {
  const startedAt = context.clock.now();
  const elapsedMs = () => Math.round(context.clock.now() - startedAt);
  const run: MigrationRun = { ...context, migration, of: 1, elapsedMs };
  await applyProgram({
    ...context,
    migration,
    program,
    target,
    isResumed: pending.step > 0,
    inTransaction: (body) => withLockRetries(run, () => inTransaction(run, body)),
    begin: (tx) => beforeAll(run, tx),
    finish: (tx) => finishSegment(run, tx, 1, true),
    recordBegun: (tx) => finishSegment(run, tx, 1, false),
  });
  return elapsedMs();
}

async function beforeAll(run: MigrationRun, tx: Executor): Promise<void> {
  for (const guard of run.guards) await guard.before?.(tx, run.migration);
}

interface MigrationRun extends ApplyContext {
  readonly migration: Migration | ReplicaMigration;
  /** How many statements it has. */
  readonly of: number;
  readonly elapsedMs: () => number;
}

interface Turn {
  readonly segment: Segment;
  /** Nothing of the migration was run before. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

async function runSegment(run: MigrationRun, { segment, isFirst, isLast }: Turn): Promise<void> {
  const begin = async (tx: Executor) => {
    if (isFirst) await beforeAll(run, tx);
  };
  if (segment.kind === 'alone') {
    await inTransaction(run, begin);
    await runStatement(run, run.executor, segment.statements[0], segment.first);
    await inTransaction(run, (tx) => finishSegment(run, tx, segment.first, false));
    return;
  }
  await inTransaction(run, async (tx) => {
    await begin(tx);
    for (const [index, statement] of segment.statements.entries()) {
      await runStatement(run, tx, statement, segment.first + index);
    }
    await finishSegment(run, tx, segment.first + segment.statements.length - 1, isLast);
  });
}

async function finishSegment(run: MigrationRun, tx: Executor, done: number, isLast: boolean): Promise<void> {
  const { migration, target } = run;
  if (!isLast) {
    await recordStep(tx, { migration, target, durationMs: run.elapsedMs(), step: done });
    return;
  }
  await run.alongside?.(tx, migration);
  for (const guard of run.guards) await guard.after?.(tx, migration);
  await recordApplied(tx, { migration, target, durationMs: run.elapsedMs(), tracking: run.tracking });
}

async function inTransaction<T>(run: MigrationRun, body: (tx: Executor) => Promise<T>): Promise<T> {
  const { executor, lease, lockTimeoutMs } = run;
  try {
    return await executor.transaction(async (tx) => {
      // A waiting ALTER makes every later reader of the table queue behind it: better to give up and come back.
      if (executor.capabilities.isShared) await tx.exec(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
      await lease.enter(tx);
      const result = await body(tx);
      await lease.renew(tx);
      return result;
    });
  } catch (error) {
    throw asFailure(run.migration, error);
  }
}

async function runStatement(
  run: MigrationRun,
  executor: Executor,
  statement: TargetStatement,
  position: number,
): Promise<void> {
  run.tell({ kind: 'statement', tag: run.migration.tag, statement: position, of: run.of });
  try {
    await executor.exec(statement.sql);
  } catch (error) {
    throw statementFailure(run.migration, statement, position, error);
  }
}

async function withLockRetries<T>(run: MigrationRun, work: () => Promise<T>): Promise<T> {
  const { clock, tell, lockAttempts, migration } = run;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= lockAttempts || !LOCK_STATES.has(sqlStateOf(error))) throw error;
      const delayMs = jitter(clock, RETRY_DELAY_MS);
      tell({ kind: 'retrying', tag: migration.tag, attempt, delayMs });
      await clock.sleep(delayMs);
    }
  }
}

function asFailure(migration: ReplicaMigration, error: unknown): LockstepError {
  return isLockstepError(error) ? error : otherFailure(migration, error);
}
