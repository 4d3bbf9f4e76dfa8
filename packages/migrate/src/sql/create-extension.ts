import { tokenize } from './token.ts';

/** What a CREATE EXTENSION says. */
export interface CreateExtension {
  readonly name: string;
  /** The name as it is written. */
  readonly quoted: string;
  /** As it is written. */
  readonly schema: string | null;
  readonly isCascading: boolean;
}

/** Reads a statement that the parser took for a CREATE EXTENSION. */
export function parseCreateExtension(text: string): CreateExtension {
  const words = tokenize(text).map(({ kind, start, end }) => ({ kind, text: text.slice(start, end) }));
  const isWord = (index: number, word: string) =>
    words[index]?.kind === 'word' && words[index].text.toLowerCase() === word;
  let at = 2;
  if (isWord(at, 'if')) at += 3;
  const quoted = words[at]?.text ?? '';
  const schemaAt = words.findIndex((_, index) => index > at && isWord(index, 'schema'));
  return {
    name: words[at]?.kind === 'quoted' ? quoted.slice(1, -1).replaceAll('""', '"') : quoted.toLowerCase(),
    quoted,
    schema: schemaAt === -1 ? null : (words[schemaAt + 1]?.text ?? null),
    isCascading: words.some((_, index) => index > at && isWord(index, 'cascade')),
  };
}
