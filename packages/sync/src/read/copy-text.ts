import type { RowText } from '@lockstep/protocol';

const SPECIAL = /[\\\n\r\t]/;
const SPECIALS = /[\\\n\r\t]/g;
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Rows as `COPY … FROM` reads them in its text format, columns in the order given. A missing value is NULL. */
export function encodeCopyText(rows: readonly RowText[], columns: readonly string[]): Blob {
  const parts: string[] = [];
  for (const row of rows) {
    let line = '';
    for (let index = 0; index < columns.length; index += 1) {
      if (index > 0) line += '\t';
      line += encodeValue(row[columns[index] as string] ?? null);
    }
    parts.push(`${line}\n`);
  }
  return new Blob(parts);
}

function encodeValue(value: string | null): string {
  if (value === null) return '\\N';
  return SPECIAL.test(value) ? value.replace(SPECIALS, (character) => ESCAPED[character] as string) : value;
}
