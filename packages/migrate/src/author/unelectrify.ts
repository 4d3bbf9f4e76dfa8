import { parseElectricStatement } from '../sql/electric-statement.ts';
import { splitStatements } from '../sql/split.ts';

const BREAKPOINT = '\n--> statement-breakpoint\n';

/**
 * The file as it was before `electrify` put its statements in, byte for byte; null where it holds none of them. A file
 * whose last CREATE TABLE had no semicolon comes back with one.
 */
export function unelectrify(sql: string): string | null {
  let output = '';
  let copied = 0;
  for (const { text, start, semicolon } of splitStatements(sql)) {
    const isInserted =
      parseElectricStatement(text)?.kind === 'enable-electric' &&
      semicolon !== null &&
      sql.slice(copied, start).endsWith(BREAKPOINT);
    if (!isInserted) continue;
    output += sql.slice(copied, start - BREAKPOINT.length);
    copied = semicolon + 1;
  }
  return copied === 0 ? null : output + sql.slice(copied);
}
