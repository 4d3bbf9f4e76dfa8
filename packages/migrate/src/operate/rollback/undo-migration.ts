import { isLockstepError, LockstepError, type MigrationStatement } from '@lockstep/protocol';
import type { Clock } from '../../run/clock.ts';
import { drizzleTable, type TrackingOptions } from '../../run/drizzle-table.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { type Lease } from '../../run/lease.ts';
import { undoProgram } from '../../run/program/apply-program.ts';
import { readSqlError } from '../../run/sql-error.ts';
import { excerpt, offsetOfPosition, placeOfOffset } from '../../run/sql-position.ts';
import { markUnchanged, moveToStash, noteChanged } from '../../run/stash/move-to-stash.ts';
import { restoreStash } from '../../run/stash/restore-stash.ts';
import { hasChangedTypes } from '../../run/stash/stash-guard.ts';
import { lossOf, type UndoneMigration } from './plan-rollback.ts';
import type { RollbackEvent } from './rollback.ts';
import { readProgress, recordRollback } from './rollback-history.ts';

export interface UndoContext {
  readonly executor: Executor;
  readonly target: 'server' | 'embedded';
  readonly lease: Lease;
  readonly clock: Clock;
  readonly stash: boolean;
  readonly acceptLoss: boolean;
  readonly lockTimeoutMs: number;
  readonly tracking: TrackingOptions;
  /** Looks at the structure at the end of the last migration; null where there is nothing to compare it with. */
  readonly check: ((tx: Executor) => Promise<void>) | null;
  readonly tell: (event: RollbackEvent) => void;
}

/** Undoes one migration, in one transaction with its tracking rows, or in several where its down says so. */
export async function undoMigration(context: UndoContext, undone: UndoneMigration): Promise<void> {
  const { executor, target } = context;
  const statements = 'lossy' in undone.down ? undone.down[target] : [];
  const steps = toSteps(statements, await readProgress(executor, undone));
  for (const step of steps) {
    const isAlone = step.statements.some(({ transactional }) => !transactional);
    if (isAlone) for (const statement of step.statements) await runStatement(undone, executor, statement);
    await executor.transaction(async (tx) => {
      if (executor.capabilities.isShared) await tx.exec(`SET LOCAL lock_timeout = ${context.lockTimeoutMs}`);
      await context.lease.enter(tx);
      await runStep(context, tx, undone, isAlone ? { ...step, statements: [] } : step);
      await context.lease.renew(tx);
    });
  }
}

interface Step {
  /** How many statements were done before it. */
  readonly done: number;
  readonly statements: readonly MigrationStatement[];
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** How many are done behind it. */
  readonly doneAfter: number;
}

/** Its statements step by step, and an empty step for the tracking rows where the last one can't hold them. */
function toSteps(all: readonly MigrationStatement[], done: number): readonly Step[] {
  const numbers = [...new Set(all.slice(done).map(({ step }) => step))];
  const groups = numbers.map((number) =>
    all.filter((statement, index) => statement.step === number && index >= done),
  );
  if (groups.length === 0 || groups.at(-1)?.some(({ transactional }) => !transactional)) groups.push([]);
  let before = done;
  return groups.map((statements, index) => {
    const step = {
      done: before,
      statements,
      isFirst: before === 0 && index === 0,
      isLast: index === groups.length - 1,
      doneAfter: before + statements.length,
    };
    before = step.doneAfter;
    return step;
  });
}

async function runStep(
  context: UndoContext,
  tx: Executor,
  undone: UndoneMigration,
  step: Step,
): Promise<void> {
  const { migration, down } = undone;
  const { tag, hash } = migration;
  const up = { tag, hash, direction: 'up' } as const;
  const back = { tag, hash, direction: 'down' } as const;
  const lossy = lossOf(undone);
  if (step.isFirst) {
    const moved = context.stash ? await moveToStash(tx, back, lossy) : [];
    for (const count of moved) context.tell({ kind: 'stashed', tag, ...count });
    if (hasChangedTypes(migration.stash)) await markUnchanged(tx, up);
  }
  if (!('lossy' in down)) await undoProgram(tx, migration, down, context.target);
  const restoreAt = 'lossy' in down ? down.restoreAfter[context.target] : 0;
  const restore = async () => {
    if ((migration.stash ?? []).length === 0) return;
    for (const count of await restoreStash(tx, up)) context.tell({ kind: 'restored', tag, ...count });
  };
  for (const [index, statement] of step.statements.entries()) {
    if (step.done + index === restoreAt) await restore();
    await runStatement(undone, tx, statement);
  }
  const isBehind = restoreAt >= step.doneAfter;
  if (step.isLast && isBehind) await restore();
  if (step.isLast && context.stash && hasChangedTypes(lossy)) await noteChanged(tx, back);
  await recordRollback(tx, undone, {
    step: step.doneAfter,
    isDone: step.isLast,
    acceptedLoss: context.acceptLoss,
  });
  if (!step.isLast) return;
  await context.check?.(tx);
  await forgetApplied(tx, undone, context.tracking);
}

/** The row of Drizzle's table goes as well, so that its tools agree. */
async function forgetApplied(
  tx: Executor,
  { migration }: UndoneMigration,
  tracking: TrackingOptions,
): Promise<void> {
  const drizzles = drizzleTable(tracking);
  await tx.query('DELETE FROM lockstep.migrations WHERE tag = $1::text AND hash = $2::text', [
    migration.tag,
    migration.hash,
  ]);
  await tx.query(
    `DELETE FROM ${drizzles} WHERE id = (
       SELECT id FROM ${drizzles} WHERE hash = $1::text
       ORDER BY (created_at = $2::text::bigint) DESC, id DESC LIMIT 1)`,
    [migration.hash, String(migration.when)],
  );
}

async function runStatement(
  undone: UndoneMigration,
  tx: Executor,
  statement: MigrationStatement,
): Promise<void> {
  try {
    await tx.exec(statement.sql);
  } catch (error) {
    throw isLockstepError(error) ? error : failure(undone, statement, error);
  }
}

function failure(
  { migration, down }: UndoneMigration,
  statement: MigrationStatement,
  cause: unknown,
): unknown {
  const refusal = readSqlError(cause);
  if (refusal === null) return cause;
  const offset = refusal.position === null ? 0 : offsetOfPosition(statement.sql, refusal.position);
  return new LockstepError('ROLLBACK_FAILED', {
    message: `${migration.tag} can't be undone: ${refusal.message}`,
    remedy:
      REMEDIES[refusal.sqlState] ??
      'Nothing of it was kept: the migration is applied as it was. Correct what stands in its way.',
    place: {
      file: `down/${migration.tag}.sql`,
      ...placeOfOffset(statement.sql, offset, statement),
    },
    details: {
      tag: migration.tag,
      origin: 'lossy' in down ? down.origin : 'written',
      sqlState: refusal.sqlState,
      excerpt: excerpt(statement.sql, offset),
    },
    cause,
  });
}

const REMEDIES: Readonly<Record<string, string>> = {
  '23502':
    'Rows that were inserted since have no value for a column that comes back. Give it a default in the down, or delete them.',
  '22P02': 'A value of now has no place in the type of then. Change those rows first.',
  '22003': 'A value of now has no place in the type of then. Change those rows first.',
  '23505': 'Rows of now break a unique key of then. Change or delete them first.',
  '23503': 'Rows of now break a foreign key of then. Change or delete them first.',
  '42601': 'ENABLE and DISABLE ELECTRIC are understood by the migrations proxy only: roll back through it.',
};
