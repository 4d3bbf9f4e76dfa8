import { nextToken, type Token } from './token.ts';
import { readTokens, type TableName } from './token-reader.ts';

/** `ALTER TABLE t ENABLE ELECTRIC` and its opposite: understood by the proxy, a syntax error to Postgres. */
export interface ElectricStatement {
  readonly kind: 'enable-electric' | 'disable-electric';
  readonly table: TableName;
  readonly ifExists: boolean;
}

/** Longest form: `ALTER TABLE IF EXISTS ONLY (U&"a" UESCAPE '!'.U&"b" UESCAPE '!') ENABLE ELECTRIC;`, 17 tokens. */
const TOKENS_MAX = 18;

/**
 * Recognises `ALTER TABLE [IF EXISTS] [ONLY] name ENABLE|DISABLE ELECTRIC` by its tokens, in any case, over several
 * lines, with quoted names and a schema, with or without the semicolon. Null for any other text. Costs one token when
 * the text doesn't begin with ALTER.
 */
export function parseElectricStatement(text: string): ElectricStatement | null {
  const tokens = leadingTokens(text);
  if (tokens === null) return null;
  const reader = readTokens(text, tokens);
  if (!reader.takeWords('alter', 'table')) return null;
  const ifExists = reader.takeWords('if', 'exists');
  const isOnly = reader.takeWords('only');
  const isParenthesised = isOnly && reader.takeSymbol('(');
  const table = reader.takeTableName();
  if (table === null || (isParenthesised && !reader.takeSymbol(')'))) return null;
  if (!isOnly) reader.takeSymbol('*');
  const kind = takeKind(reader.takeWords);
  reader.takeSymbol(';');
  return kind !== null && reader.isAtEnd() ? { kind, table, ifExists } : null;
}

function takeKind(takeWords: (...words: readonly string[]) => boolean): ElectricStatement['kind'] | null {
  if (takeWords('enable', 'electric')) return 'enable-electric';
  return takeWords('disable', 'electric') ? 'disable-electric' : null;
}

/** The tokens of a text that may be such a statement; null when it is too long or begins with another word. */
function leadingTokens(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  for (let token = nextToken(text, 0); token !== null; token = nextToken(text, token.end)) {
    if (tokens.length === 0 && text.slice(token.start, token.end).toLowerCase() !== 'alter') return null;
    if (tokens.length === TOKENS_MAX) return null;
    tokens.push(token);
  }
  return tokens;
}
