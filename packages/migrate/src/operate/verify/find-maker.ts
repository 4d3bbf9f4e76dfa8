import type { Migration, MigrationStatement } from '@lockstep/protocol';
import { tokenize } from '../../sql/token.ts';
import { kindOf, nameOf, type StructureKind, splitNames } from '../structure/structure.ts';

/** The migration that gave an object its present form, and the statement of its file that names it. */
export interface Maker {
  readonly tag: string;
  /** From 1; null where no statement names it (a constraint that Postgres named itself). */
  readonly place: { readonly line: number; readonly column: number } | null;
}

/** Who made an object, from what each migration changed in the structure. Null for one that no migration made. */
export function findMaker(
  identity: string,
  applied: readonly Migration[],
  target: 'server' | 'embedded',
): Maker | null {
  const maker = applied.findLast(({ structure }) => structure?.delta.set[identity] !== undefined);
  if (maker === undefined) return null;
  const names = namesOf(identity);
  const keyword = KEYWORDS[kindOf(identity)] ?? kindOf(identity);
  // A trigger is on a line with its table, a constraint in a CREATE TABLE; a renamed table isn't named where its parts are.
  const wanted = [[keyword, ...names], [keyword, ...names.slice(0, 1)], names];
  const statement = wanted
    .map((words) => maker[target].findLast((candidate) => namesAll(candidate, words)))
    .find((found) => found !== undefined);
  return {
    tag: maker.tag,
    place: statement === undefined ? null : { line: statement.line, column: statement.column },
  };
}

/** The word for what holds it, where that isn't its kind. */
const KEYWORDS: Partial<Record<StructureKind, string>> = {
  column: 'table',
  constraint: 'table',
  'column order': 'table',
  'replica identity': 'table',
  'materialized view': 'view',
  'publication table': 'publication',
  'publication schema': 'publication',
  'event trigger': 'trigger',
};

/** Its own name first, then its table's. */
function namesOf(identity: string): readonly string[] {
  const name = nameOf(identity).replace(/\(.*$/s, '');
  const parts = splitNames(name, '.').map(unquote).toReversed();
  const isPart = ['column', 'constraint', 'trigger', 'rule', 'policy'].includes(kindOf(identity));
  return parts.slice(0, isPart ? 2 : 1);
}

function namesAll({ sql }: MigrationStatement, names: readonly string[]): boolean {
  const words = new Set(
    tokenize(sql)
      .filter(({ kind }) => kind === 'word' || kind === 'quoted')
      .map(({ kind, start, end }) => {
        const text = sql.slice(start, end);
        return kind === 'quoted' ? unquote(text) : text.toLowerCase();
      }),
  );
  return names.every((name) => words.has(name));
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
