import { nextToken, type Token } from './token.ts';

/** One statement of a text, offsets in UTF-16 units. */
export interface SplitStatement {
  /** From its first token to its last, without the semicolon and the comments around it. */
  readonly text: string;
  readonly start: number;
  /** Behind its last token. */
  readonly end: number;
  /** Where its semicolon is, or null when the text ends without one. */
  readonly semicolon: number | null;
  /** Its tokens, with offsets in the whole text. */
  readonly tokens: readonly Token[];
}

/**
 * Splits Postgres SQL into statements: quotes, dollar quotes, nested comments, parentheses (`CREATE RULE … DO (a; b)`)
 * and `BEGIN ATOMIC` bodies hold their semicolons. Never throws; what is never closed belongs to the last statement.
 */
export function splitStatements(sql: string): readonly SplitStatement[] {
  const statements: SplitStatement[] = [];
  let tokens: Token[] = [];
  let depth = 0;
  let isInBody = false;
  const finish = (semicolon: number | null) => {
    const first = tokens[0];
    const last = tokens.at(-1);
    if (first !== undefined && last !== undefined) {
      const { start } = first;
      const { end } = last;
      statements.push({ text: sql.slice(start, end), start, end, semicolon, tokens });
    }
    tokens = [];
    depth = 0;
  };
  for (let token = nextToken(sql, 0); token !== null; token = nextToken(sql, token.end)) {
    if (token.kind === 'symbol') {
      const symbol = sql.charAt(token.start);
      if (symbol === '(') depth += 1;
      else if (symbol === ')') depth = Math.max(0, depth - 1);
      else if (symbol === ';' && depth === 0 && !isInBody) {
        finish(token.start);
        continue;
      }
    } else if (token.kind === 'word' && depth === 0) {
      if (isInBody) isInBody = !isBodyEnd(sql, tokens, token);
      else isInBody = isBodyStart(sql, tokens, token);
    }
    tokens.push(token);
  }
  finish(null);
  return statements;
}

/** `BEGIN ATOMIC` is a body in a routine only; `SELECT begin atomic` is a column with a label. */
function isBodyStart(sql: string, before: readonly Token[], token: Token): boolean {
  return isWord(sql, token, 'atomic') && isWord(sql, before.at(-1), 'begin') && isRoutine(sql, before);
}

function isRoutine(sql: string, tokens: readonly Token[]): boolean {
  if (!isWord(sql, tokens[0], 'create')) return false;
  const noun = isWord(sql, tokens[1], 'or') ? tokens[3] : tokens[1];
  return isWord(sql, noun, 'function') || isWord(sql, noun, 'procedure');
}

/** Every statement of a body ends with a semicolon, so the END behind one is the body's and never that of a CASE. */
function isBodyEnd(sql: string, before: readonly Token[], token: Token): boolean {
  if (!isWord(sql, token, 'end')) return false;
  const last = before.at(-1);
  return isWord(sql, last, 'atomic') || (last !== undefined && sql.charAt(last.start) === ';');
}

function isWord(sql: string, token: Token | undefined, word: string): boolean {
  return (
    token !== undefined &&
    token.kind === 'word' &&
    token.end - token.start === word.length &&
    sql.slice(token.start, token.end).toLowerCase() === word
  );
}
