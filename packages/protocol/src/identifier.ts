/** A table's name with its schema, as in the catalogue (not quoted). */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** `my"col` to `"my""col"`. Always quotes. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `it's` to `'it''s'`; with a backslash in it, to the `E'…'` form. */
export function quoteLiteral(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** `"public"."items"`. */
export function formatQualifiedName(name: QualifiedName): string {
  return `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`;
}
