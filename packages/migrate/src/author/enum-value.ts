import type { ClassifiedStatement } from '../sql/classify.ts';

/** A value that an earlier statement of the same transaction added to an enum type that was there before. */
export interface NewEnumValue {
  /** The type's name, without its schema. */
  readonly name: string;
  readonly value: string;
}

/**
 * Whether a statement may use a new value, which Postgres refuses before the commit (55P04): it names the value or the
 * type, or runs code that can't be looked into. Better a commit too many than one too few.
 */
export function isValueUsed({ name, value }: NewEnumValue, statement: ClassifiedStatement): boolean {
  const { kind, calls, tokens, start, text, stepFacts } = statement;
  if (stepFacts.addedValue !== null) return false;
  if (kind === 'opaque' || calls.length > 0) return true;
  return tokens.some((token) => {
    const word = text.slice(token.start - start, token.end - start);
    if (token.kind === 'string') return word.includes(value) || word.includes(value.replaceAll("'", "''"));
    if (token.kind === 'quoted') return word === `"${name.replaceAll('"', '""')}"`;
    return token.kind === 'word' && word.toLowerCase() === name.toLowerCase();
  });
}
