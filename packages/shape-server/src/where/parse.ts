import { loadModule, parseSync } from 'libpg-query';

/** A node of Postgres's parse tree, as libpg_query writes it: one key, its kind. */
export type Node = Readonly<Record<string, NodeBody>>;
export interface NodeBody {
  readonly location?: number;
  readonly [field: string]: unknown;
}

export type ParsedWhere =
  | { readonly kind: 'parsed'; readonly node: Node }
  | { readonly kind: 'invalid'; readonly message: string };

/** Syntax errors count their position from the start of this; other errors from its end. */
const PREFIX = 'SELECT 1 WHERE ';
export const PREFIX_LENGTH = PREFIX.length;

const PLAIN_SELECT_FIELDS = new Set(['targetList', 'whereClause', 'limitOption', 'op']);

interface Statement {
  readonly stmt: { readonly SelectStmt?: Readonly<Record<string, unknown>> };
  readonly stmt_len?: number;
}

/** Must have settled before `parseWhere` is called. */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/** Parses a condition and nothing but a condition. */
export function parseWhere(sql: string): ParsedWhere {
  let statements: readonly Statement[];
  try {
    statements = (parseSync(PREFIX + sql) as { stmts?: readonly Statement[] }).stmts ?? [];
  } catch (error) {
    const details = (error as { sqlDetails?: { message: string; cursorPosition: number } }).sqlDetails;
    const message = details?.message ?? (error as Error).message;
    return { kind: 'invalid', message: `At location ${details?.cursorPosition ?? 0}: ${message}` };
  }
  const [statement] = statements;
  if (statements.length !== 1 || statement === undefined || statement.stmt_len !== undefined) {
    return { kind: 'invalid', message: 'unescaped ";" causing statement split' };
  }
  const select = statement.stmt.SelectStmt;
  const isPlain =
    select !== undefined &&
    select.op === 'SETOP_NONE' &&
    select.limitOption === 'LIMIT_OPTION_DEFAULT' &&
    Object.keys(select).every((field) => PLAIN_SELECT_FIELDS.has(field));
  if (!isPlain || select.whereClause === undefined) {
    return { kind: 'invalid', message: 'malformed query ending with SQL clauses' };
  }
  return { kind: 'parsed', node: select.whereClause as Node };
}
