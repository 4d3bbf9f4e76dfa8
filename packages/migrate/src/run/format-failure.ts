import { formatError, type LockstepError } from '@lockstep/protocol';
import { sqlErrorOf } from './sql-error.ts';

/**
 * An error of a run for a terminal: what happened and where, the SQL with a caret under the place, what Postgres said,
 * and what to do. Holds Postgres's detail, which may show values of rows: not for a log that others read.
 */
export function formatRunError(error: LockstepError): string {
  const [first = '', ...rest] = formatError(error).split('\n');
  const { excerpt, inner } = error.details;
  const sqlError = sqlErrorOf(error.cause);
  const lines = [
    first,
    ...quoteSql(excerpt),
    ...(typeof inner === 'string' ? ['In the function:', ...quoteSql(inner)] : []),
    ...(sqlError === null ? [] : [`SQLSTATE ${sqlError.sqlState}`]),
    ...labelled('Detail', sqlError?.detail),
    ...labelled('Hint', sqlError?.hint),
    ...labelled('Where', sqlError?.where),
    ...rest,
  ];
  return lines.join('\n');
}

function quoteSql(sql: unknown): string[] {
  return typeof sql === 'string' ? sql.split('\n').map((line) => `  | ${line}`) : [];
}

function labelled(label: string, text: string | null | undefined): string[] {
  return text === null || text === undefined ? [] : [`${label}: ${text}`];
}
