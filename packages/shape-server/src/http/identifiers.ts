import type { QualifiedName } from '@lockstep/protocol';

const IDENTIFIER_LENGTH_MAX = 63;

export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'invalid'; readonly message: string };

/** `items`, `other.items`, `"Mixed Case"."x"`; unquoted names fold to lower case, the schema is `public` unless named. */
export function parseTableName(text: string): Parsed<QualifiedName> {
  const parts = splitOutsideQuotes(text, '.');
  if (parts.length > 2) {
    return { kind: 'invalid', message: `Invalid relation identifier, too many delimiters: ${text}` };
  }
  const names: string[] = [];
  for (const part of parts) {
    const parsed = parseIdentifier(part);
    if (parsed.kind === 'invalid') return parsed;
    names.push(parsed.value);
  }
  const [first = '', second] = names;
  return {
    kind: 'ok',
    value: second === undefined ? { schema: 'public', name: first } : { schema: first, name: second },
  };
}

/** `id,"Full Name"`. */
export function parseColumnNames(text: string): Parsed<readonly string[]> {
  const names: string[] = [];
  for (const part of splitOutsideQuotes(text, ',')) {
    const parsed = parseIdentifier(part);
    if (parsed.kind === 'invalid') return parsed;
    names.push(parsed.value);
  }
  return { kind: 'ok', value: names };
}

function parseIdentifier(text: string): Parsed<string> {
  if (text === '' || text === '""')
    return { kind: 'invalid', message: 'Invalid zero-length delimited identifier' };
  const quoted = /^"((?:[^"]|"")+)"$/.exec(text);
  const name = quoted ? (quoted[1] as string).replaceAll('""', '"') : text.toLowerCase();
  if (quoted === null && !/^[\p{L}_][\p{L}\d_$]*$/u.test(text)) {
    return { kind: 'invalid', message: `Invalid unquoted identifier contains special characters: ${text}` };
  }
  if (Buffer.byteLength(name) > IDENTIFIER_LENGTH_MAX) {
    return {
      kind: 'invalid',
      message: `Identifier too long (max length is ${IDENTIFIER_LENGTH_MAX}): ${text}`,
    };
  }
  return { kind: 'ok', value: name };
}

function splitOutsideQuotes(text: string, delimiter: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '"') isQuoted = !isQuoted;
    else if (text[index] === delimiter && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
