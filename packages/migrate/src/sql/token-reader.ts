import type { Token } from './token.ts';

/** Reads a statement's tokens from left to right. Every `take…` moves only when it finds what it asks for. */
export interface TokenReader {
  /** True, and behind it, when the next tokens are these words (lower case), unquoted. */
  takeWords(...words: readonly string[]): boolean;
  takeSymbol(symbol: string): boolean;
  /** A name as the catalogue has it: folded to lower case unless quoted. */
  takeName(): string | null;
  /** `name` or `schema.name`. */
  takeTableName(): TableName | null;
  isAtEnd(): boolean;
}

/** A table as SQL names it; `schema` is null where the search path decides. */
export interface TableName {
  readonly schema: string | null;
  readonly name: string;
}

/** `tokens` have their offsets in `sql`. */
export function readTokens(sql: string, tokens: readonly Token[]): TokenReader {
  let at = 0;
  const text = (index: number): string => {
    const token = tokens[index];
    return token === undefined ? '' : sql.slice(token.start, token.end);
  };
  const reader: TokenReader = {
    takeWords(...words) {
      const isThere = words.every(
        (word, offset) => tokens[at + offset]?.kind === 'word' && text(at + offset).toLowerCase() === word,
      );
      if (isThere) at += words.length;
      return isThere;
    },
    takeSymbol(symbol) {
      if (tokens[at]?.kind !== 'symbol' || text(at) !== symbol) return false;
      at += 1;
      return true;
    },
    takeName() {
      const kind = tokens[at]?.kind;
      if (kind !== 'word' && kind !== 'quoted') return null;
      const raw = text(at);
      at += 1;
      if (kind === 'word') return foldCase(raw);
      if (!/^u/i.test(raw)) return unquote(raw);
      return decodeUnicode(unquote(raw.slice(2)), takeEscape());
    },
    takeTableName() {
      const before = at;
      const first = reader.takeName();
      if (first === null) return null;
      if (!reader.takeSymbol('.')) return { schema: null, name: first };
      const name = reader.takeName();
      if (name !== null) return { schema: first, name };
      at = before;
      return null;
    },
    isAtEnd: () => at >= tokens.length,
  };
  /** The `UESCAPE '!'` that may follow a `U&"…"`. */
  function takeEscape(): string {
    if (!reader.takeWords('uescape')) return '\\';
    const escape = text(at);
    at += 1;
    return escape.slice(1, -1);
  }
  return reader;
}

/** Postgres folds ASCII letters only. */
function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replaceAll('""', '"');
}

function decodeUnicode(text: string, escape: string): string {
  let decoded = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char !== escape) decoded += char;
    else if (text.charAt(at + 1) === escape) {
      decoded += escape;
      at += 1;
    } else {
      const isLong = text.charAt(at + 1) === '+';
      const digits = isLong ? text.slice(at + 2, at + 8) : text.slice(at + 1, at + 5);
      const code = /^[0-9a-f]+$/i.test(digits) ? Number.parseInt(digits, 16) : 0xfffd;
      decoded += code > 0xffff ? String.fromCodePoint(Math.min(code, 0x10ffff)) : String.fromCharCode(code);
      at += isLong ? 7 : 4;
    }
  }
  return decoded;
}
