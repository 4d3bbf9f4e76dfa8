import type { ClassifiedStatement } from './classify.ts';

/**
 * A statement as an embedded database takes it: without CONCURRENTLY; null where it has no meaning there (roles, grants,
 * publications, ENABLE ELECTRIC, VACUUM, a transaction's begin and end: the runner has its own).
 */
export function plainForm(statement: ClassifiedStatement, sql: string): string | null {
  if (statement.isServerOnly || statement.kind === 'electric' || statement.kind === 'transaction')
    return null;
  if (statement.isTransactional) return statement.text;
  let depth = 0;
  for (const { kind, start, end } of statement.tokens) {
    const text = sql.slice(start, end);
    if (kind === 'symbol' && text === '(') depth += 1;
    if (kind === 'symbol' && text === ')') depth -= 1;
    if (kind === 'word' && depth === 0 && text.toLowerCase() === 'concurrently') {
      return (sql.slice(statement.start, start) + sql.slice(end, statement.end).replace(/^\s/, '')).trimEnd();
    }
  }
  return null;
}
