import type { Migration, ReplicaMigration } from '@lockstep/protocol';
import { runAlone } from './apply-alone.ts';
import type { ApplyContext, MigrationRun, Turn } from './apply-context.ts';
import { inTransaction, runTogether, writeApplied, writeStep } from './apply-together.ts';
import { jitter } from './clock.ts';
import type { Executor } from './executor/executor.ts';
import { programMissing } from './failure.ts';
import type { PendingMigration } from './plan.ts';
import { applyProgram } from './program/apply-program.ts';
import { sqlStateOf } from './sql-error.ts';
import { statementsFor, toSegments } from './statements.ts';

const RETRY_DELAY_MS = 500;
/** lock_not_available and deadlock_detected: others were in the way, which passes. */
const LOCK_STATES: ReadonlySet<string | null> = new Set(['55P03', '40P01']);

/**
 * Applies one migration from the step where it stands: in one transaction with its tracking rows, or, where it has
 * several steps, in several, each of which records how far it got. Throws a LockstepError; the transaction it happened
 * in is rolled back.
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
    guards: guardsOf(context, migration),
    migration,
    of: statements.length,
    elapsedMs: () => Math.round(clock.now() - startedAt),
    isRecorded: pending.isBegun,
    attempt: pending.attempt,
  };
  for (const [index, segment] of segments.entries()) {
    const turn: Turn = {
      isFirst: index === 0 && !pending.isBegun,
      isLast: index === segments.length - 1,
    };
    await withLockRetries(run, (isRetry) =>
      segment.kind === 'alone' ? runAlone(run, segment, turn) : runTogether(run, segment, turn, isRetry),
    );
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
  const run: MigrationRun = {
    ...context,
    guards: guardsOf(context, migration),
    migration,
    of: 1,
    elapsedMs: () => Math.round(context.clock.now() - startedAt),
    isRecorded: pending.isBegun,
    attempt: null,
  };
  await applyProgram({
    ...context,
    migration,
    program,
    target,
    isResumed: pending.step > 0,
    inTransaction: (body) => withLockRetries(run, () => inTransaction(run, body)),
    begin: (tx) => beforeAll(run, tx),
    finish: (tx) => writeApplied(run, tx),
    recordBegun: (tx) => writeStep(run, tx, 1),
  });
  return run.elapsedMs();
}

function guardsOf({ guards }: ApplyContext, migration: Migration | ReplicaMigration) {
  return guards.filter((guard) => guard.concerns?.(migration) ?? true);
}

async function beforeAll(run: MigrationRun, tx: Executor): Promise<void> {
  for (const guard of run.guards) await guard.before?.(tx, run.migration);
}

async function withLockRetries<T>(run: MigrationRun, work: (isRetry: boolean) => Promise<T>): Promise<T> {
  const { clock, tell, lockAttempts, migration } = run;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt > 1);
    } catch (error) {
      if (attempt >= lockAttempts || !LOCK_STATES.has(sqlStateOf(error))) throw error;
      const delayMs = jitter(clock, RETRY_DELAY_MS);
      tell({ kind: 'retrying', tag: migration.tag, attempt, delayMs });
      await clock.sleep(delayMs);
    }
  }
}
