import { LockstepError } from '@lockstep/protocol';
import { formatTableName } from '../sql/table-name.ts';
import type { MigrationRun, Turn } from './apply-context.ts';
import { inTransaction, tellStatement } from './apply-together.ts';
import type { Attempt } from './attempt.ts';
import { statementFailure } from './failure.ts';
import { findIndexes, isThere, readPartition } from './left-over.ts';
import { withSettings } from './settings.ts';
import { isConnectionLoss } from './sql-error.ts';
import type { Segment, TargetStatement } from './statements.ts';
import { forgetSql, progressSql } from './tracking-sql.ts';

type Alone = Extract<Segment, { kind: 'alone' }>;

/**
 * Runs a statement that can't be in a transaction. What it is about to do is recorded before, and that it is done
 * after; a run that finds the first without the second looks in the catalogue how far it got.
 */
export async function runAlone(run: MigrationRun, segment: Alone, turn: Turn): Promise<void> {
  const [statement] = segment.statements;
  await withSettings(run.executor, statement.settings ?? [], async () => {
    if (await wasDone(run, segment)) return finish(run, segment);
    await begin(run, segment, turn);
    tellStatement(run, segment.first, 1);
    try {
      await run.executor.exec(run.lease.mark + statement.sql);
    } catch (error) {
      if (!isConnectionLoss(error)) await undo(run, segment);
      throw statementFailure(run.migration, statement, segment.first, error, run.lease.mark);
    }
    await finish(run, segment);
  });
}

async function begin(run: MigrationRun, segment: Alone, turn: Turn): Promise<void> {
  const { executor, guards, migration } = run;
  const work = workOf(segment.statements[0]);
  // Left behind by somebody else: Postgres would refuse the name, or with IF NOT EXISTS take it for a good one.
  if (work.kind === 'create-index' && work.name !== null) {
    for (const index of await findIndexes(executor, work)) if (!index.isValid) await drop(run, index.name);
  }
  const indexes = (await findIndexes(executor, work)).map(({ oid }) => oid);
  const attempt: Attempt = { statement: segment.first, indexes };
  await inTransaction(run, async (tx) => {
    if (turn.isFirst) for (const guard of guards) await guard.before?.(tx, migration);
    await tx.exec(rowSql(run, segment.first - 1, attempt));
  });
  run.isRecorded = true;
  run.attempt = attempt;
}

async function finish(run: MigrationRun, segment: Alone): Promise<void> {
  await inTransaction(run, async (tx) => {
    await tx.exec(rowSql(run, segment.first, null));
  });
  run.isRecorded = true;
  run.attempt = null;
}

/** After a failure: takes away what the statement left behind, and then its record. */
async function undo(run: MigrationRun, segment: Alone): Promise<void> {
  // A runner that lost its lease meanwhile must not touch what the other one builds under the same name.
  await inTransaction(run, async () => undefined);
  try {
    await dropLeftOvers(run, segment.statements[0]);
  } catch {
    // The failure to tell is the first one. The record stays, and whoever comes next takes it away.
    return;
  }
  const isFirst = segment.first === 1;
  await inTransaction(run, async (tx) => {
    const row = isFirst ? forgetSql(run.migration) : rowSql(run, segment.first - 1, null);
    await tx.exec(row);
  });
  if (isFirst) run.isRecorded = false;
  run.attempt = null;
}

/** Whether there is nothing left to run: an earlier run did it, or somebody began to detach the partition. */
async function wasDone(run: MigrationRun, segment: Alone): Promise<boolean> {
  const work = workOf(segment.statements[0]);
  if (work.kind === 'detach-partition' && (await readPartition(run.executor, work)) === 'pending') {
    const [table, partition] = [work.table, work.partition].map(formatTableName);
    await run.executor.exec(`${run.lease.mark}ALTER TABLE ${table} DETACH PARTITION ${partition} FINALIZE`);
    return true;
  }
  return run.attempt !== null && (await isDone(run, segment, run.attempt));
}

/** Whether a statement that an earlier run began was done; when it wasn't, what it left behind is taken away. */
async function isDone(run: MigrationRun, segment: Alone, attempt: Attempt): Promise<boolean> {
  const { executor, migration } = run;
  const [statement] = segment.statements;
  const work = workOf(statement);
  switch (work.kind) {
    case 'create-index': {
      await dropLeftOvers(run, statement);
      const made = await findIndexes(executor, work);
      return made.some(({ oid }) => !attempt.indexes.includes(oid));
    }
    case 'drop-index':
      return !(await isThere(executor, work.index));
    case 'reindex':
      await dropLeftOvers(run, statement);
      return false;
    case 'detach-partition':
      return (await readPartition(executor, work)) === 'detached';
    case 'repeatable':
      return false;
    case 'unknown':
      throw interrupted(migration.tag, statement, attempt);
  }
}

async function dropLeftOvers(run: MigrationRun, statement: TargetStatement): Promise<void> {
  for (const { oid, name, isValid } of await findIndexes(run.executor, workOf(statement))) {
    if (!isValid && run.attempt?.indexes.includes(oid) === false) await drop(run, name);
  }
}

async function drop({ executor, lease }: MigrationRun, index: string): Promise<void> {
  await executor.exec(`${lease.mark}DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
}

function rowSql(run: MigrationRun, step: number, attempt: Attempt | null): string {
  const { migration, target, isRecorded } = run;
  return progressSql({ migration, target, durationMs: run.elapsedMs(), step, attempt, isRecorded });
}

function workOf({ alone }: TargetStatement): NonNullable<TargetStatement['alone']> {
  return alone ?? { kind: 'unknown' };
}

function interrupted(tag: string, statement: TargetStatement, attempt: Attempt): LockstepError {
  return new LockstepError('MIGRATION_INTERRUPTED', {
    message: `${tag} was interrupted in statement ${attempt.statement}, and nothing tells whether that was done: ${statement.sql.slice(0, SQL_CHARS_MAX)}`,
    remedy:
      'Look in the database whether it took effect, then record the answer with `settleInterrupted` (done or not done), and run again.',
    place: {
      file: `${tag}.sql`,
      statement: attempt.statement,
      ...(statement.place === null ? {} : { line: statement.place.line, column: statement.place.column }),
    },
    details: { tag, statement: attempt.statement },
  });
}

const SQL_CHARS_MAX = 200;
