export interface TextPlace {
  /** From 1. */
  readonly line: number;
  /** In UTF-16 units, from 1. */
  readonly column: number;
}

/** UTF-16 offset of the character that Postgres calls `position` (characters, from 1). */
export function offsetOfPosition(sql: string, position: number): number {
  let offset = 0;
  for (let character = 1; character < position && offset < sql.length; character += 1) {
    offset += (sql.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** Where the offset of a text lies, when the text itself begins at `start`. */
export function placeOfOffset(
  text: string,
  offset: number,
  start: TextPlace = { line: 1, column: 1 },
): TextPlace {
  const before = text.slice(0, offset);
  const lastNewline = before.lastIndexOf('\n');
  if (lastNewline === -1) return { line: start.line, column: start.column + offset };
  return { line: start.line + before.split('\n').length - 1, column: offset - lastNewline };
}

const EXCERPT_CHARS_MAX = 100;

/** The line around an offset, and a caret below it. */
export function excerpt(text: string, offset: number): string {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const lineEnd = newline === -1 ? text.length : newline;
  const from = Math.max(lineStart, offset - EXCERPT_CHARS_MAX / 2);
  const line = text
    .slice(from, Math.min(lineEnd, from + EXCERPT_CHARS_MAX))
    .replaceAll('\t', ' ')
    .replaceAll('\r', '');
  return `${line}\n${' '.repeat(offset - from)}^`;
}
