import { quoteIdentifier } from '@lockstep/protocol';
import type { ClassifiedStatement } from '../sql/classify.ts';

/** A parameter that a file sets, in both forms. */
export interface FileSetting {
  readonly name: string;
  /** For the transaction: what comes after it sees nothing of it. */
  readonly local: string;
  /** For the session; null where Postgres would ignore it outside of a transaction. */
  readonly session: string | null;
}

/** What SET or RESET of a parameter is in a file; null for RESET ALL and for SET TRANSACTION. `file` is the whole text. */
export function toFileSetting(statement: ClassifiedStatement, file: string): FileSetting | null {
  const { setting } = statement.stepFacts;
  if (setting === null || setting.name === null) return null;
  const { name, isLocal } = setting;
  if (setting.kind === 'reset') return { name, local: toDefault(name, ' LOCAL'), session: toDefault(name) };
  if (isLocal) return { name, local: statement.text, session: null };
  const rest = file.slice(restStart(statement, file), statement.end);
  return { name, local: `SET LOCAL ${rest}`, session: `SET ${rest}` };
}

/** What RESET ALL does to a parameter that the file set. */
export function toDefaultSetting(name: string): FileSetting {
  return { name, local: toDefault(name, ' LOCAL'), session: toDefault(name) };
}

function toDefault(name: string, local = ''): string {
  return `SET${local} ${name.split('.').map(quoteIdentifier).join('.')} TO DEFAULT`;
}

/** Behind `SET` or `SET SESSION`; SESSION AUTHORIZATION is a parameter, and `session.x` one as well. */
function restStart({ tokens, end }: ClassifiedStatement, file: string): number {
  const word = (index: number) => file.slice(tokens[index]?.start, tokens[index]?.end).toLowerCase();
  const isScope = word(1) === 'session' && !['authorization', '.', '=', 'to'].includes(word(2));
  return tokens[isScope ? 2 : 1]?.start ?? end;
}
