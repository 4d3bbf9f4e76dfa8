import { placeOfOffset, type TextPlace } from '../../run/sql-position.ts';
import type { ClassifiedStatement } from '../../sql/classify.ts';

/** `-- lockstep-ignore rule-name: reason`, before the statement that it is about. */
export interface IgnoreComment {
  readonly rules: readonly string[];
  /** Null when none is given. */
  readonly reason: string | null;
  readonly place: TextPlace;
  /** The number of the statement behind it; null for the whole file (`lockstep-ignore-file`). */
  readonly statement: number | null;
}

const COMMENT =
  /^[ \t]*--[ \t]*lockstep-ignore(-file)?[ \t]+([\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)[ \t]*(?::[ \t]*(.*?))?[ \t]*\r?$/gm;

/** Those of a file. Between two statements there is nothing but white space and comments. */
export function readIgnores(
  sql: string,
  statements: readonly ClassifiedStatement[],
): readonly IgnoreComment[] {
  const found: IgnoreComment[] = [];
  let from = 0;
  for (const [index, statement] of [...statements, null].entries()) {
    const gap = sql.slice(from, statement?.start ?? sql.length);
    for (const match of gap.matchAll(COMMENT)) {
      const [, isFile, rules = '', reason = ''] = match;
      found.push({
        rules: rules.split(/\s*,\s*/),
        reason: reason === '' ? null : reason,
        place: placeOfOffset(sql, from + match.index),
        statement: isFile === undefined ? index + 1 : null,
      });
    }
    from = statement === null ? from : (statement.semicolon ?? statement.end);
  }
  return found;
}
