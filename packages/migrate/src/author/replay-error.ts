import { LockstepError } from '@lockstep/protocol';
import { readSqlError } from '../run/sql-error.ts';
import { excerpt, offsetOfPosition, placeOfOffset } from '../run/sql-position.ts';
import type { ClassifiedStatement } from '../sql/classify.ts';

/** A statement of a migration's file. */
export interface FileStatement {
  readonly file: string;
  readonly sql: string;
  readonly statement: ClassifiedStatement;
  /** From 1. */
  readonly position: number;
}

/** Where a statement, or a character of it, is in its file. */
export function placeOf({ file, sql, statement, position }: FileStatement, offset = 0) {
  return { file, statement: position, ...placeOfOffset(sql, statement.start + offset) };
}

/** What Postgres says of a statement that is wrong wherever it runs; not the missing of an object that a server may have. */
const ALWAYS_WRONG = /^42(?!704|883|501)/;

/**
 * PGlite's refusal of a statement: MIGRATION_SYNTAX where any Postgres would refuse, else REPLICA_UNSUPPORTED.
 * `unavailable` are extensions of the history that PGlite lacks.
 */
export function replayError(
  where: FileStatement,
  error: unknown,
  unavailable: readonly string[] = [],
): unknown {
  const refusal = readSqlError(error);
  if (refusal === null) return error;
  const { sql, statement } = where;
  const offset = refusal.position === null ? 0 : offsetOfPosition(statement.text, refusal.position);
  const isWrong = ALWAYS_WRONG.test(refusal.sqlState);
  const missing =
    unavailable.length === 0
      ? ''
      : ` PGlite has no extension ${unavailable.join(', ')}: what needs one works on servers only.`;
  const hint = refusal.hint === null ? '' : `\n${refusal.hint}`;
  return new LockstepError(isWrong ? 'MIGRATION_SYNTAX' : 'REPLICA_UNSUPPORTED', {
    message: `${refusal.message}${hint}\n${excerpt(sql, statement.start + offset)}`,
    remedy: isWrong
      ? 'Correct the migration; the history was replayed on an empty database, and stopped here.'
      : `The history was replayed on an empty PGlite, which does not take this statement: write it so that it works there too.${missing}`,
    place: placeOf(where, offset),
    details: { sqlState: refusal.sqlState },
    cause: error,
  });
}
