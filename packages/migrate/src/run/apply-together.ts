import { isLockstepError, type LockstepError, type ReplicaMigration } from '@lockstep/protocol';
import type { MigrationRun, Turn } from './apply-context.ts';
import type { Executor } from './executor/executor.ts';
import { otherFailure, statementFailure } from './failure.ts';
import { RESTORE_SETTINGS } from './settings.ts';
import type { Segment } from './statements.ts';
import { appliedSql, progressSql } from './tracking-sql.ts';

type Together = Extract<Segment, { kind: 'transaction' }>;

/**
 * Runs a step in one transaction with the rows that record it. In this process all of it is one call; when that fails,
 * which leaves nothing, the statements are run again one by one, so that the failure knows its statement.
 */
export async function runTogether(
  run: MigrationRun,
  segment: Together,
  turn: Turn,
  isRetry: boolean,
): Promise<void> {
  const isBatch = run.executor.capabilities.isInProcess && !isRetry && segment.statements.length > 0;
  try {
    await runOnce(run, segment, turn, isBatch);
  } catch (error) {
    if (!isBatch || isLockstepError(error)) throw asFailure(run.migration, error);
    await runOnce(run, segment, turn, false).catch((again: unknown) => {
      throw asFailure(run.migration, again);
    });
  }
  run.isRecorded = true;
}

/** Runs `body` in a transaction of the lease's holder, and leaves the connection's settings as they were. */
export async function inTransaction<T>(run: MigrationRun, body: (tx: Executor) => Promise<T>): Promise<T> {
  const { executor, lease, lockTimeoutMs, migration } = run;
  try {
    return await executor.transaction(async (tx) => {
      await lease.enter(tx, lockTimeoutMs);
      if (lease.opening !== '') await tx.exec(lease.opening);
      const result = await body(tx);
      await tx.exec(joinSql([RESTORE_SETTINGS, lease.renewal]));
      return result;
    });
  } catch (error) {
    throw asFailure(migration, error);
  }
}

/** Asks what goes alongside, and writes that the migration is applied. In its last transaction. */
export async function writeApplied(run: MigrationRun, tx: Executor): Promise<void> {
  const { migration, target, isRecorded, tracking, hasDrizzleNames, guards, alongside } = run;
  await alongside?.(tx, migration);
  for (const guard of guards) await guard.after?.(tx, migration);
  const durationMs = run.elapsedMs();
  await tx.exec(appliedSql({ migration, target, durationMs, isRecorded, tracking, hasDrizzleNames }));
}

/** Writes how many statements are done. */
export async function writeStep(run: MigrationRun, tx: Executor, step: number): Promise<void> {
  const { migration, target, isRecorded } = run;
  await tx.exec(progressSql({ migration, target, durationMs: run.elapsedMs(), isRecorded, step }));
  run.isRecorded = true;
}

/** SQL of one call. */
export function joinSql(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(';\n');
}

async function runOnce(run: MigrationRun, segment: Together, turn: Turn, isBatch: boolean): Promise<void> {
  const { executor, lease, lockTimeoutMs, migration, guards, alongside } = run;
  const { statements, first } = segment;
  const startedMs = run.elapsedMs();
  await executor.transaction(async (tx) => {
    await lease.enter(tx, lockTimeoutMs);
    if (turn.isFirst) for (const guard of guards) await guard.before?.(tx, migration);
    const rest: string[] = [lease.opening];
    if (isBatch) {
      tellStatement(run, first, statements.length);
      rest.push(...statements.map(({ sql }) => sql));
    } else {
      if (lease.opening !== '') await tx.exec(rest.splice(0).join(''));
      for (const [index, statement] of statements.entries()) {
        tellStatement(run, first + index, 1);
        await tx.exec(statement.sql).catch((error: unknown) => {
          throw statementFailure(migration, statement, first + index, error);
        });
      }
    }
    rest.push(RESTORE_SETTINGS);
    if (turn.isLast && (alongside !== undefined || guards.length > 0)) {
      await tx.exec(joinSql(rest.splice(0)));
      await alongside?.(tx, migration);
      for (const guard of guards) await guard.after?.(tx, migration);
    }
    await tx.exec(joinSql([...rest, trackingSql(run, segment, turn, startedMs), lease.renewal]));
  });
}

function trackingSql(
  run: MigrationRun,
  { first, statements }: Together,
  turn: Turn,
  durationMs: number,
): string {
  const { migration, target, isRecorded, tracking, hasDrizzleNames } = run;
  const progress = { migration, target, durationMs, isRecorded, tracking, hasDrizzleNames };
  if (turn.isLast) return appliedSql(progress);
  return progressSql({ ...progress, step: first + statements.length - 1 });
}

export function tellStatement(run: MigrationRun, statement: number, count: number): void {
  const through = count > 1 ? { through: statement + count - 1 } : {};
  run.tell({ kind: 'statement', tag: run.migration.tag, statement, ...through, of: run.of });
}

function asFailure(migration: ReplicaMigration, error: unknown): LockstepError {
  return isLockstepError(error) ? error : otherFailure(migration, error);
}
