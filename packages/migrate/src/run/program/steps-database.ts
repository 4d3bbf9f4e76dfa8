import { LockstepError, type ProgramDatabase } from '@lockstep/protocol';
import type { Executor } from '../executor/executor.ts';
import type { ProgramRun } from './apply-program.ts';
import { prepareBackfill } from './backfill.ts';
import {
  noted,
  type ProgramSurroundings,
  START,
  statementsOf,
  transactionDatabase,
} from './program-database.ts';
import {
  ensureProgress,
  forgetProgress,
  type PartProgress,
  type ProgramProgress,
  readProgress,
  writeProgress,
} from './progress.ts';

/** A program's database where each step and batch is a transaction of its own, which records that it is done. */
export interface StepsDatabase {
  readonly db: ProgramDatabase;
  begin(): Promise<void>;
  end(): Promise<void>;
}

export function stepsDatabase(run: ProgramRun, surroundings: ProgramSurroundings): StepsDatabase {
  const { executor, migration, inTransaction, clock } = run;
  const { hash } = migration;
  const { notes } = surroundings;
  let before: ProgramProgress = new Map();
  const names = new Set<string>();
  const open = (tx: Executor) => transactionDatabase(tx, surroundings);
  const progressOf = (part: string): PartProgress => {
    if (names.has(part)) throw duplicate(part);
    names.add(part);
    return before.get(part) ?? START;
  };

  const db: ProgramDatabase = {
    ...statementsOf(readOnly(executor), surroundings),
    exec: () => Promise.reject(outsideOfSteps()),
    async step(name, body) {
      if (progressOf(name).isDone) return;
      await inTransaction(async (tx) => {
        await surroundings.failing(() => body(open(tx)));
        await writeProgress(tx, hash, name, { ...START, isDone: true });
      });
    },
    async backfill(options) {
      const part = options.name ?? options.table;
      let progress = progressOf(part);
      if (progress.isDone) return { rows: progress.rows };
      const backfill = await prepareBackfill(executor, options);
      const of = progress.rows + (await backfill.estimate(executor, progress));
      for (;;) {
        const from = progress;
        progress = await inTransaction(async (tx) => {
          const reached = await surroundings.failing(() =>
            noted(notes, `backfill of ${options.table}`, () => backfill.next(tx, from, open)),
          );
          await writeProgress(tx, hash, part, reached);
          return reached;
        });
        options.onProgress?.({ rows: progress.rows, of: Math.max(of, progress.rows) });
        surroundings.onBatch(part, progress, of);
        if (progress.isDone) return { rows: progress.rows };
        if (options.throttleMs !== undefined) await clock.sleep(options.throttleMs);
      }
    },
  };

  return {
    db,
    async begin() {
      if (run.isResumed) {
        before = await readProgress(executor, hash);
        return;
      }
      await inTransaction(async (tx) => {
        await ensureProgress(tx);
        await forgetProgress(tx, hash);
        await run.begin(tx);
        await run.recordBegun(tx);
      });
    },
    end: () =>
      inTransaction(async (tx) => {
        await forgetProgress(tx, hash);
        await run.finish(tx);
      }),
  };
}

function readOnly(executor: Executor): Executor {
  return {
    ...executor,
    query: (sql, params) =>
      executor.transaction(async (tx) => {
        await tx.exec('SET TRANSACTION READ ONLY');
        return tx.query(sql, params);
      }),
  };
}

function outsideOfSteps(): LockstepError {
  return new LockstepError('PROGRAM_INVALID', {
    message:
      "A program of `transaction: 'steps'` can change the database in `db.step` and `db.backfill` only: an interrupted run must know what is done already.",
    remedy: "Put it into `await db.step('name', async (db) => { … })`.",
  });
}

function duplicate(part: string): LockstepError {
  return new LockstepError('PROGRAM_INVALID', {
    message: `Two parts of the program are called ${part}.`,
    remedy: 'Give each step, and each backfill of the same table, a `name` of its own.',
  });
}
