import {
  LockstepError,
  type Migration,
  type MigrationProgram,
  type ProgramDatabase,
} from '@lockstep/protocol';
import type { Clock } from '../clock.ts';
import type { RunEvent } from '../events.ts';
import type { Executor } from '../executor/executor.ts';
import { programFailure } from '../failure.ts';
import {
  createFailureNotes,
  type FailureNotes,
  type ProgramSurroundings,
  transactionDatabase,
} from './program-database.ts';
import { stepsDatabase } from './steps-database.ts';

/** What running a program needs of the run around it. */
export interface ProgramRun {
  readonly executor: Executor;
  readonly migration: Migration;
  readonly program: MigrationProgram;
  readonly target: 'server' | 'embedded';
  /** An earlier run began with it. */
  readonly isResumed: boolean;
  readonly clock: Clock;
  readonly tell: (event: RunEvent) => void;
  /** In a transaction of its own that holds the lease, again when locks were not to be had. */
  readonly inTransaction: <T>(body: (tx: Executor) => Promise<T>) => Promise<T>;
  /** What belongs into the first transaction, and into the last. */
  readonly begin: (tx: Executor) => Promise<void>;
  readonly finish: (tx: Executor) => Promise<void>;
  /** Records that it is begun, so that a resumed run knows. */
  readonly recordBegun: (tx: Executor) => Promise<void>;
}

const PROGRESS_MS = 1000;

/** Runs a migration's program with its tracking rows. Throws a LockstepError; what was not recorded is rolled back. */
export async function applyProgram(run: ProgramRun): Promise<void> {
  const surroundings = surroundingsOf(run);
  const { failing } = surroundings;
  if (run.program.transaction === 'steps') return failing(() => applyInSteps(run, surroundings));
  await run.inTransaction(async (tx) => {
    await run.begin(tx);
    const db = transactionDatabase(tx, surroundings);
    await failing(() => runWhile((usable) => run.program.up(usable(db))));
    await run.finish(tx);
  });
}

async function applyInSteps(run: ProgramRun, surroundings: ProgramSurroundings): Promise<void> {
  const { db, begin, end } = stepsDatabase(run, surroundings);
  await begin();
  await runWhile((usable) => run.program.up(usable(db)));
  await end();
}

/**
 * `program.down` in the transaction that is given, which is the caller's to commit and to record.
 * Throws PROGRAM_INVALID for a program that has none, MIGRATION_FAILED with the SQL that failed.
 */
export async function undoProgram(
  tx: Executor,
  migration: Migration,
  program: MigrationProgram,
  target: 'server' | 'embedded',
): Promise<void> {
  if (program.down === undefined) {
    throw new LockstepError('PROGRAM_INVALID', {
      message: `${migration.tag} is a TypeScript migration without down().`,
      remedy: 'Write its down(), or restore a backup.',
      place: { file: `${migration.tag}.ts` },
    });
  }
  const notes = createFailureNotes();
  const failing = createFailing(migration, notes);
  const db = transactionDatabase(tx, { target, notes, failing, onBatch: () => undefined });
  await failing(() => runWhile((usable) => program.down?.(usable(db)) ?? Promise.resolve()));
}

function createFailing(migration: Migration, notes: FailureNotes): ProgramSurroundings['failing'] {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      throw programFailure(migration, error, notes.sqlOf(error));
    }
  };
}

function surroundingsOf({ target, migration, clock, tell }: ProgramRun): ProgramSurroundings {
  const notes = createFailureNotes();
  // A short one is told at its end only.
  let toldAt = clock.now();
  return {
    target,
    notes,
    failing: createFailing(migration, notes),
    onBatch: (part, { rows, isDone }, of) => {
      const now = clock.now();
      if (!isDone && now - toldAt < PROGRESS_MS) return;
      toldAt = now;
      tell({ kind: 'backfill', tag: migration.tag, part, rows, of: isDone ? rows : Math.max(of, rows) });
    },
  };
}

/**
 * Lets a program use its database until it ends: a promise that it forgot to await would otherwise run its statements
 * outside of the transaction, or in the next migration's.
 */
async function runWhile(
  work: (usable: (db: ProgramDatabase) => ProgramDatabase) => Promise<void>,
): Promise<void> {
  let isOver = false;
  const guard =
    <Args extends unknown[], T>(method: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (!isOver) return method(...args);
      throw new LockstepError('PROGRAM_INVALID', {
        message: 'A program used its database after it had ended.',
        remedy: 'Await every call of `db` in it.',
      });
    };
  const usable = (db: ProgramDatabase): ProgramDatabase => ({
    target: db.target,
    query: guard(db.query) as ProgramDatabase['query'],
    exec: guard(db.exec),
    step: guard(db.step),
    backfill: guard(db.backfill),
  });
  try {
    await work(usable);
  } finally {
    isOver = true;
  }
}
