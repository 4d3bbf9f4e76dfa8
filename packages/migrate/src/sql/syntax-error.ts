import { LockstepError } from '@lockstep/protocol';
import { excerpt, placeOfOffset } from '../run/sql-position.ts';
import { splitStatements } from './split.ts';

/** Postgres's refusal of a file, with its place. `offset` is in UTF-16 units. */
export function syntaxError(refusal: {
  readonly sql: string;
  readonly file: string;
  readonly message: string;
  readonly offset: number;
}): LockstepError {
  const { sql, file, message, offset } = refusal;
  const { line, column } = placeOfOffset(sql, offset);
  const statement = splitStatements(sql).filter(({ start }) => start <= offset).length;
  return new LockstepError('MIGRATION_SYNTAX', {
    message: `${message}\n${excerpt(sql, offset)}`,
    remedy: 'Correct the statement; no database has seen it yet.',
    place: { file, statement: Math.max(statement, 1), line, column },
  });
}
