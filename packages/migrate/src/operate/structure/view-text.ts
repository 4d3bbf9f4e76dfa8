import { type Token, tokenize } from '../../sql/token.ts';

/**
 * A view's text of Postgres 15 as later versions write it: there the columns of a view over one relation have no prefix
 * (`SELECT name` for `SELECT items.name`). Subqueries keep theirs in every version.
 */
export function unqualifyView(definition: string): string {
  const words = readWords(definition);
  const relation = onlyRelation(words);
  if (relation === null) return definition;
  let text = '';
  let copied = 0;
  for (const [index, word] of words.entries()) {
    const column = words[index + 2];
    if (column === undefined || word.text !== relation || !isPrefix(words, index)) continue;
    text += definition.slice(copied, word.token.start);
    copied = column.token.start;
  }
  return text + definition.slice(copied);
}

/** Of a column: not of a whole row, and no schema (of a function, a type, or a table). */
function isPrefix(words: readonly Word[], index: number): boolean {
  const textAt = (offset: number) => words[index + offset]?.text ?? '';
  if (words[index]?.isNested || textAt(1) !== '.' || textAt(2) === '*' || textAt(3) === '(') return false;
  return !['.', ':', 'FROM', 'ONLY'].includes(textAt(-1));
}

interface Word {
  readonly token: Token;
  readonly text: string;
  /** How many parentheses are open. */
  readonly depth: number;
  /** In a subquery. */
  readonly isNested: boolean;
}

const SUBQUERY = new Set(['SELECT', 'WITH', 'VALUES']);

function readWords(definition: string): readonly Word[] {
  const tokens = tokenize(definition);
  const textOf = (token: Token | undefined) =>
    token === undefined ? '' : definition.slice(token.start, token.end);
  // For each open parenthesis whether what stands in it belongs to a subquery.
  const open: boolean[] = [];
  return tokens.map((token, index) => {
    const text = textOf(token);
    if (text === ')') open.pop();
    const word = { token, text, depth: open.length, isNested: open.at(-1) ?? false };
    if (text === '(') open.push(word.isNested || SUBQUERY.has(textOf(tokens[index + 1])));
    return word;
  });
}

const AFTER_FROM = new Set([
  'WHERE',
  'GROUP',
  'HAVING',
  'WINDOW',
  'ORDER',
  'LIMIT',
  'OFFSET',
  'FETCH',
  'FOR',
  ';',
]);
const SET_OPERATIONS = new Set(['UNION', 'INTERSECT', 'EXCEPT']);

/** The name by which the outermost query calls the one relation in its FROM; null when it has none or several. */
function onlyRelation(words: readonly Word[]): string | null {
  const outer = words.filter(({ depth }) => depth === 0);
  const from = outer.findIndex(({ text }) => text === 'FROM');
  if (from === -1 || outer.some(({ text }) => SET_OPERATIONS.has(text))) return null;
  const rest = outer.slice(from + 1);
  const end = rest.findIndex(({ text }) => AFTER_FROM.has(text));
  const clause = end === -1 ? rest : rest.slice(0, end);
  if (clause.some(({ text }) => text === ',' || text === 'JOIN')) return null;
  // A join in parentheses.
  const first = clause[0];
  const inner = first?.text === '(' ? words[words.indexOf(first) + 1] : undefined;
  if (inner !== undefined && !inner.isNested) return null;
  // `public.items`, `public.items alias`, `(SELECT …) alias(a, b)`, `f(x) alias(a)`: the last name outside of parentheses.
  const names = clause.filter(
    ({ token, text }) => (token.kind === 'word' || token.kind === 'quoted') && text !== 'ONLY',
  );
  return names.at(-1)?.text ?? null;
}
