import { quoteIdentifier, type TableFact } from '@lockstep/protocol';

/**
 * Reads Electric's column list: names separated by commas, `"quoted"` (a quote inside doubled) or plain, which are
 * lower-cased as Postgres does. Null when the text is no such list.
 */
export function parseColumnList(text: string): readonly string[] | null {
  const names: string[] = [];
  let rest = text;
  for (;;) {
    const match = /^\s*(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))\s*(,|$)/.exec(rest);
    if (!match) return null;
    names.push(match[1] === undefined ? (match[2] as string).toLowerCase() : match[1].replaceAll('""', '"'));
    if (match[3] === '') return names;
    rest = rest.slice(match[0].length);
  }
}

/** `"id","title"`: every name quoted. */
export function formatColumnList(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(',');
}

/** The asked columns in the table's order, with the key's, which identify the rows; `unknown` are those that the table lacks. */
export function chooseColumns(
  table: TableFact,
  asked: readonly string[],
): { readonly columns: readonly string[]; readonly unknown: readonly string[] } {
  const wanted = new Set(asked);
  const known = new Set(table.columns.map((column) => column.name));
  return {
    columns: table.columns
      .filter((column) => column.keyIndex !== null || wanted.has(column.name))
      .map((column) => column.name),
    unknown: [...wanted].filter((name) => !known.has(name)),
  };
}
