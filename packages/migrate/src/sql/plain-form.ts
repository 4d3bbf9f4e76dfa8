import type { ClassifiedStatement } from './classify.ts';
import { parseCreateExtension } from './create-extension.ts';

/**
 * A statement as an embedded database takes it: without CONCURRENTLY; null where it has no meaning there (roles, grants,
 * publications, ENABLE ELECTRIC, VACUUM, a transaction's begin and end: the runner has its own). An extension is created
 * where the database has it: an application gives its PGlite those that it needs.
 */
export function plainForm(statement: ClassifiedStatement, sql: string): string | null {
  if (statement.isServerOnly || statement.kind === 'electric' || statement.kind === 'transaction')
    return null;
  if (statement.node === 'CreateExtensionStmt') return whereAvailable(statement);
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

/** Without a version: PGlite has one of each. */
function whereAvailable(statement: ClassifiedStatement): string {
  const { name, quoted, schema, isCascading } = parseCreateExtension(statement.text);
  const create = `CREATE EXTENSION IF NOT EXISTS ${quoted}${schema === null ? '' : ` SCHEMA ${schema}`}${isCascading ? ' CASCADE' : ''}`;
  const isThere = `EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = '${name.replaceAll("'", "''")}')`;
  return `DO $lockstep$ BEGIN IF ${isThere} THEN ${create}; END IF; END $lockstep$`;
}
