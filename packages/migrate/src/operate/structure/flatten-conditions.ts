/**
 * Writes nested conditions flat: `((a AND b) AND c)` is `(a AND b AND c)`. Postgres keeps the nesting of the text that it
 * was given and loses it when its own text is read again, so that a dump that was restored would have other conditions.
 * Takes what Postgres deparses, where each AND and OR stands in parentheses of its own.
 */
export function flattenConditions(sql: string): string {
  if (!/\((?:AND|OR)|[ )](?:AND|OR)[ (]/.test(sql)) return sql;
  return formatGroup(parseGroup(sql, 0).group);
}

type Part = string | Group;
interface Group {
  readonly parts: readonly Part[];
}

/** From behind an opening parenthesis to its closing one, or to the end of the text. */
function parseGroup(sql: string, from: number): { readonly group: Group; readonly end: number } {
  const parts: Part[] = [];
  let start = from;
  let index = from;
  const keep = () => {
    if (index > start) parts.push(sql.slice(start, index));
  };
  while (index < sql.length && sql[index] !== ')') {
    const char = sql[index];
    if (char === "'" || char === '"') index = endOfQuoted(sql, index);
    else if (char === '(') {
      keep();
      const inner = parseGroup(sql, index + 1);
      parts.push(inner.group);
      index = inner.end + 1;
      start = index;
    } else index += 1;
  }
  keep();
  return { group: flatten({ parts }), end: index };
}

/** Quotes are doubled within quotes; a backslash in an E'' escapes. */
function endOfQuoted(sql: string, start: number): number {
  const quote = sql[start];
  const hasEscapes = quote === "'" && /[eE]/.test(sql[start - 1] ?? '') && !/\w/.test(sql[start - 2] ?? '');
  for (let index = start + 1; index < sql.length; index += 1) {
    if (hasEscapes && sql[index] === '\\') index += 1;
    else if (sql[index] === quote && sql[index + 1] === quote) index += 1;
    else if (sql[index] === quote) return index + 1;
  }
  return sql.length;
}

/** Takes out the parentheses of a term whose own terms are joined by the same word. */
function flatten(group: Group): Group {
  const word = joiner(group);
  if (word === null) return group;
  return {
    parts: group.parts.flatMap((part, index) => {
      if (typeof part === 'string' || joiner(part) !== word) return [part];
      return isTerm(group.parts[index - 1], group.parts[index + 1], word) ? part.parts : [part];
    }),
  };
}

/** The word that joins the terms of a group: null when there is none. */
function joiner({ parts }: Group): 'AND' | 'OR' | null {
  const words = new Set(
    parts.flatMap((part) =>
      typeof part === 'string' ? (withoutQuoted(part).match(/\b(?:AND|OR)\b/g) ?? []) : [],
    ),
  );
  if (words.size !== 1) return null;
  return words.has('AND') ? 'AND' : 'OR';
}

/** A group that is a term by itself, and not what a function, a NOT or an operator applies to. */
function isTerm(before: Part | undefined, after: Part | undefined, word: string): boolean {
  const startsWell = before === undefined || (typeof before === 'string' && before.endsWith(` ${word} `));
  const endsWell = after === undefined || (typeof after === 'string' && after.startsWith(` ${word} `));
  return startsWell && endsWell;
}

function withoutQuoted(text: string): string {
  return text.replace(/'[^']*'|"[^"]*"/g, '');
}

function formatGroup({ parts }: Group): string {
  return parts.map((part) => (typeof part === 'string' ? part : `(${formatGroup(part)})`)).join('');
}
