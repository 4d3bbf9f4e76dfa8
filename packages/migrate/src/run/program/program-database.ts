import { LockstepError, type ProgramDatabase } from '@lockstep/protocol';
import { parseElectricStatement } from '../../sql/electric-statement.ts';
import { type SplitStatement, splitStatements } from '../../sql/split.ts';
import type { Executor } from '../executor/executor.ts';
import { prepareBackfill } from './backfill.ts';
import type { PartProgress } from './progress.ts';

/** What a program was doing when it failed, for the message: kept beside the error, which stays the driver's own. */
export interface FailureNotes {
  readonly sqlOf: (error: unknown) => string | null;
  readonly note: (error: unknown, sql: string) => void;
}

export function createFailureNotes(): FailureNotes {
  const notes = new Map<unknown, string>();
  return {
    sqlOf: (error) => notes.get(error) ?? null,
    note: (error, sql) => notes.set(error, sql),
  };
}

/** How the program's surroundings differ from run to run. */
export interface ProgramSurroundings {
  readonly target: 'server' | 'embedded';
  readonly notes: FailureNotes;
  /** Rejects as the migration fails, with the SQL that was being run. */
  readonly failing: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called after each batch of a backfill. */
  readonly onBatch: (part: string, progress: PartProgress, of: number) => void;
}

export const START: PartProgress = { key: null, rows: 0, isDone: false };

/** A program's database within one transaction: steps and batches are parts of it. */
export function transactionDatabase(tx: Executor, surroundings: ProgramSurroundings): ProgramDatabase {
  const db: ProgramDatabase = {
    ...statementsOf(tx, surroundings),
    step: (_name, body) => body(db),
    async backfill(options) {
      const name = options.name ?? options.table;
      return noted(surroundings.notes, `backfill of ${options.table}`, async () => {
        const backfill = await prepareBackfill(tx, options);
        const of = await backfill.estimate(tx, START);
        let progress = START;
        while (!progress.isDone) {
          progress = await backfill.next(tx, progress, () => db);
          options.onProgress?.({ rows: progress.rows, of: Math.max(of, progress.rows) });
          surroundings.onBatch(name, progress, of);
        }
        return { rows: progress.rows };
      });
    },
  };
  return db;
}

export function statementsOf(
  executor: Executor,
  { target, notes }: ProgramSurroundings,
): Pick<ProgramDatabase, 'target' | 'query' | 'exec'> {
  return {
    target,
    async query(sql, params) {
      refuseTransactionControl(splitStatements(sql));
      return noted(notes, sql, () => executor.query(sql, params));
    },
    async exec(sql) {
      const statements = splitStatements(sql);
      refuseTransactionControl(statements);
      const wanted = target === 'server' ? sql : withoutElectric(sql, statements);
      return noted(notes, sql, () => executor.exec(wanted));
    },
  };
}

export async function noted<T>(notes: FailureNotes, sql: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (notes.sqlOf(error) === null) notes.note(error, sql);
    throw error;
  }
}

/** ENABLE ELECTRIC is for the server's proxy only. */
function withoutElectric(sql: string, statements: readonly SplitStatement[]): string {
  const kept = statements.filter(({ text }) => parseElectricStatement(text) === null);
  if (kept.length === statements.length) return sql;
  return kept.map(({ text }) => text).join(';\n');
}

const CONTROL = new Set(['begin', 'start', 'commit', 'end', 'rollback', 'abort', 'prepare']);

/** A COMMIT within would tear the program's work from its record. */
function refuseTransactionControl(statements: readonly SplitStatement[]): void {
  for (const { text, tokens } of statements) {
    const words = tokens
      .slice(0, 2)
      .map(({ start, end }) =>
        text.slice(start - (tokens[0]?.start ?? 0), end - (tokens[0]?.start ?? 0)).toLowerCase(),
      );
    const [first = '', second = ''] = words;
    if (!CONTROL.has(first)) continue;
    // PREPARE name AS … is a statement like others.
    if (first === 'prepare' && second !== 'transaction') continue;
    throw new LockstepError('PROGRAM_INVALID', {
      message: `A program can't say ${first.toUpperCase()}: its transaction is the runner's, which records in it what is done.`,
      remedy:
        "Use `transaction: 'steps'` with `db.step` and `db.backfill` for several transactions; throw to roll back.",
    });
  }
}
