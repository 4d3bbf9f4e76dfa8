import { parseElectricStatement } from '../../sql/electric-statement.ts';
import { splitStatements } from '../../sql/split.ts';
import { BREAKPOINT } from '../generate/write.ts';

/** What became of a file's text. */
export type Regenerated =
  /** Byte for byte as it was, so that databases which have it know it by its hash. */
  | { readonly kind: 'kept'; readonly sql: string }
  /** Main's changes made other SQL of mine. */
  | { readonly kind: 'regenerated'; readonly sql: string }
  /** Main has made the same change already, and nothing else was in the file. */
  | { readonly kind: 'superfluous' };

/**
 * The text of a migration on top of main. `before` is what drizzle-kit made of it on its own branch, `after` what it
 * makes of it now. Statements that drizzle-kit didn't write, ENABLE ELECTRIC among them, stay as they are, behind the
 * statement that they stood behind.
 */
export function regenerate(sql: string, before: readonly string[], after: readonly string[]): Regenerated {
  const [old, fresh] = [before.flatMap(textsOf), after.flatMap(textsOf)];
  if (old.length === fresh.length && old.every((text, index) => text === fresh[index]))
    return { kind: 'kept', sql };
  const chunks = toChunks(sql, new Set(old));
  const isByHand = old.some((text) => !chunks.some((chunk) => chunk.text === text));
  // Somebody rewrote what was generated: what they meant can't be derived.
  if (isByHand) return { kind: 'kept', sql };
  const statements = weave(chunks, fresh);
  if (statements.every((text) => parseElectricStatement(text) !== null)) return { kind: 'superfluous' };
  return { kind: 'regenerated', sql: statements.map((text) => `${text};`).join(`\n${BREAKPOINT}`) };
}

interface Chunk {
  readonly text: string;
  readonly isGenerated: boolean;
}

function toChunks(sql: string, generated: ReadonlySet<string>): readonly Chunk[] {
  return textsOf(sql).map((text) => ({ text, isGenerated: generated.has(text) }));
}

/** The fresh statements in their order, with those by hand behind the generated one that they follow. */
function weave(chunks: readonly Chunk[], fresh: readonly string[]): readonly string[] {
  const output = [...fresh];
  let anchor = -1;
  for (const { text, isGenerated } of chunks) {
    if (isGenerated) {
      const found = output.indexOf(text);
      if (found !== -1) anchor = Math.max(anchor, found);
      continue;
    }
    anchor += 1;
    output.splice(anchor, 0, text);
  }
  return output;
}

function textsOf(sql: string): readonly string[] {
  return splitStatements(sql).map(({ text }) => text.trim().replace(/;$/, ''));
}
