import {
  isLockstepError,
  LockstepError,
  type MigrationProgram,
  type ProgramDatabase,
} from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { createFailureNotes, transactionDatabase } from '../../run/program/program-database.ts';
import { readSqlError } from '../../run/sql-error.ts';
import { excerpt } from '../../run/sql-position.ts';
import { type ClassifiedStatement, classifyFile } from '../../sql/classify.ts';
import type { Parser } from '../../sql/parser.ts';

/** Looks at each statement of a program just before and just after it runs. */
export interface StatementObserver {
  before(tx: Executor, statement: ClassifiedStatement): Promise<void>;
  after(tx: Executor, statement: ClassifiedStatement): Promise<void>;
}

/**
 * Runs a program on the replay database, which has no rows: what it does to the structure is what counts. A program of
 * steps has a transaction for each, as in a real run. Raises PROGRAM_INVALID.
 */
export async function replayProgram(
  db: Executor,
  parser: Parser,
  file: string,
  program: MigrationProgram,
  observer: StatementObserver,
): Promise<void> {
  const notes = createFailureNotes();
  const open = (tx: Executor): ProgramDatabase =>
    transactionDatabase(observed(tx, parser, file, observer), {
      target: 'server',
      notes,
      failing: (work) => work(),
      onBatch: () => undefined,
    });
  try {
    if (program.transaction === 'steps') await program.up(inSteps(db, open));
    else await db.transaction((tx) => program.up(open(tx)));
  } catch (error) {
    throw replayFailure(file, error, notes.sqlOf(error));
  }
}

function inSteps(db: Executor, open: (tx: Executor) => ProgramDatabase): ProgramDatabase {
  return {
    target: 'server',
    query: (sql, params) =>
      db.transaction(async (tx) => {
        await tx.exec('SET TRANSACTION READ ONLY');
        return open(tx).query(sql, params);
      }),
    exec: () =>
      Promise.reject(
        new Error("a program of `transaction: 'steps'` changes the database in `db.step` and `db.backfill`"),
      ),
    step: (_name, body) => db.transaction((tx) => body(open(tx))),
    backfill: (options) => db.transaction((tx) => open(tx).backfill(options)),
  };
}

/** Electric statements are the observer's: PGlite doesn't know them. */
function observed(tx: Executor, parser: Parser, file: string, observer: StatementObserver): Executor {
  const looking = async (sql: string, run: (statement: ClassifiedStatement) => Promise<void>) => {
    for (const statement of classifyFile(parser, sql, file)) {
      await observer.before(tx, statement);
      if (statement.electric === null) await run(statement);
      await observer.after(tx, statement);
    }
  };
  return {
    ...tx,
    async query<Row extends object>(sql: string, params?: readonly (string | null)[]) {
      let rows: Row[] = [];
      await looking(sql, async () => {
        rows = await tx.query<Row>(sql, params);
      });
      return rows;
    },
    exec: (sql) => looking(sql, ({ text }) => tx.exec(text)),
  };
}

function replayFailure(file: string, error: unknown, sql: string | null): LockstepError {
  if (isLockstepError(error) && error.place?.file !== undefined && error.code !== 'MIGRATION_SYNTAX')
    return error;
  const message = error instanceof Error ? error.message : String(error);
  const shown = readSqlError(error) === null || sql === null ? '' : `\n${excerpt(sql, 0)}`;
  return new LockstepError('PROGRAM_INVALID', {
    message: `The program failed on an empty database, on which the history is replayed: ${message}${shown}`,
    remedy: 'Correct it. It must also run where its tables have no rows, and with no other service at hand.',
    place: { file },
    cause: error,
  });
}
