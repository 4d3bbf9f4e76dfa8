/** `quoted` is a quoted identifier, also `U&"…"`; `string` is any string constant, also dollar-quoted. */
export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol';

/** A token of SQL text, offsets in UTF-16 units, `end` exclusive. White space and comments are between tokens. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

/**
 * The first token at or after `from`, or null at the end. Follows Postgres's scanner (scan.l) with
 * `standard_conforming_strings` on. What is never closed (a quote, a comment) runs to the end of the text.
 */
export function nextToken(sql: string, from: number): Token | null {
  const start = skipTrivia(sql, from);
  if (start >= sql.length) return null;
  const code = sql.charCodeAt(start);
  if (isWordStart(code)) return wordOrPrefixed(sql, start);
  if (code === QUOTE) return { kind: 'string', start, end: plainQuoteEnd(sql, start) };
  if (code === DOUBLE_QUOTE) return { kind: 'quoted', start, end: plainQuoteEnd(sql, start) };
  if (code === DOLLAR) return dollar(sql, start);
  if (isDigit(code)) return { kind: 'number', start, end: numberEnd(sql, start) };
  return { kind: 'symbol', start, end: start + 1 };
}

/** Every token of a text. */
export function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let token = nextToken(sql, 0); token !== null; token = nextToken(sql, token.end)) tokens.push(token);
  return tokens;
}

/** The offset of the first character at or after `from` that is neither white space nor in a comment. */
export function skipTrivia(sql: string, from: number): number {
  let at = from === 0 && sql.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : from;
  for (;;) {
    const code = sql.charCodeAt(at);
    if (isSpace(code)) at += 1;
    else if (code === DASH && sql.charCodeAt(at + 1) === DASH) at = lineEnd(sql, at);
    else if (code === SLASH && sql.charCodeAt(at + 1) === STAR) at = blockCommentEnd(sql, at);
    else return at;
  }
}

const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const DOLLAR = 36;
const DASH = 45;
const SLASH = 47;
const STAR = 42;
const BACKSLASH = 92;
const AMPERSAND = 38;
const UNDERSCORE = 95;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = 0xfeff;

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Every character beyond ASCII may be part of a name, as in Postgres. */
function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === UNDERSCORE || code >= 128;
}

function isNewline(code: number): boolean {
  return code === LINE_FEED || code === CARRIAGE_RETURN;
}

function lineEnd(sql: string, from: number): number {
  let at = from;
  while (at < sql.length && !isNewline(sql.charCodeAt(at))) at += 1;
  return at;
}

function blockCommentEnd(sql: string, from: number): number {
  let depth = 0;
  for (let at = from; at < sql.length; at += 1) {
    const code = sql.charCodeAt(at);
    if (code === SLASH && sql.charCodeAt(at + 1) === STAR) {
      depth += 1;
      at += 1;
    } else if (code === STAR && sql.charCodeAt(at + 1) === SLASH) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return sql.length;
}

function wordOrPrefixed(sql: string, start: number): Token {
  let end = start + 1;
  for (let code = sql.charCodeAt(end); isWordStart(code) || isDigit(code) || code === DOLLAR; ) {
    end += 1;
    code = sql.charCodeAt(end);
  }
  if (end === start + 1) {
    const letter = sql.charCodeAt(start) | 32;
    const next = sql.charCodeAt(end);
    if (letter === 101 && next === QUOTE) return { kind: 'string', start, end: escapeStringEnd(sql, end) };
    // b'…', x'…' and n'…' end as plain strings do.
    if ((letter === 98 || letter === 120 || letter === 110) && next === QUOTE) {
      return { kind: 'string', start, end: plainQuoteEnd(sql, end) };
    }
    if (letter === 117 && next === AMPERSAND) {
      const quote = sql.charCodeAt(end + 1);
      if (quote === QUOTE) return { kind: 'string', start, end: plainQuoteEnd(sql, end + 1) };
      if (quote === DOUBLE_QUOTE) return { kind: 'quoted', start, end: plainQuoteEnd(sql, end + 1) };
    }
  }
  return { kind: 'word', start, end };
}

/** The end of a constant or name in which only its own quote, doubled, is special. */
function plainQuoteEnd(sql: string, open: number): number {
  const quote = sql.charAt(open);
  let at = sql.indexOf(quote, open + 1);
  while (at !== -1 && sql.charAt(at + 1) === quote) at = sql.indexOf(quote, at + 2);
  return at === -1 ? sql.length : at + 1;
}

/** The end of `'…'` with backslash escapes, which also rule in its continuations on later lines. */
function escapeStringEnd(sql: string, open: number): number {
  for (let at = open + 1; at < sql.length; at += 1) {
    const code = sql.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE && sql.charCodeAt(at + 1) === QUOTE) at += 1;
    else if (code === QUOTE) {
      const next = continuation(sql, at + 1);
      if (next === null) return at + 1;
      at = next;
    }
  }
  return sql.length;
}

/** The opening quote that continues a string constant after a newline, or null. */
function continuation(sql: string, from: number): number | null {
  let at = from;
  let isNewlineSeen = false;
  for (;;) {
    const code = sql.charCodeAt(at);
    if (isNewline(code)) isNewlineSeen = true;
    if (isSpace(code)) at += 1;
    else if (code === DASH && sql.charCodeAt(at + 1) === DASH) at = lineEnd(sql, at);
    else return code === QUOTE && isNewlineSeen ? at : null;
  }
}

function dollar(sql: string, start: number): Token {
  let at = start + 1;
  while (isWordStart(sql.charCodeAt(at)) || (at > start + 1 && isDigit(sql.charCodeAt(at)))) at += 1;
  if (sql.charCodeAt(at) === DOLLAR) {
    const close = sql.indexOf(sql.slice(start, at + 1), at + 1);
    return { kind: 'string', start, end: close === -1 ? sql.length : close + (at + 1 - start) };
  }
  // $1 and a stray dollar sign.
  return { kind: 'symbol', start, end: start + 1 };
}

function numberEnd(sql: string, start: number): number {
  let at = start + 1;
  while (isDigit(sql.charCodeAt(at)) || isWordStart(sql.charCodeAt(at))) at += 1;
  return at;
}
