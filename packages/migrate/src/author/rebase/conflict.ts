import { splitStatements } from '../../sql/split.ts';
import type { SideMigration } from './history.ts';
import type { DeltaConflict } from './replay-delta.ts';

/** Something that both branches changed, each in its own way. */
export interface RebaseConflict {
  /** `column items.name`, `table items`. */
  readonly what: string;
  /** My migration that changes it. */
  readonly tag: string;
  /** The statements of each side that name it. */
  readonly main: readonly { readonly tag: string; readonly sql: string }[];
  readonly mine: readonly { readonly tag: string; readonly sql: string }[];
}

const WORDS: Readonly<Record<string, string>> = {
  columns: 'column',
  indexes: 'index',
  foreignKeys: 'foreign key',
  uniqueConstraints: 'unique constraint',
  checkConstraints: 'check',
  compositePrimaryKeys: 'primary key',
  policies: 'policy',
  tables: 'table',
  enums: 'enum',
  views: 'view',
  sequences: 'sequence',
  schemas: 'schema',
  roles: 'role',
};

export function describeConflict(
  { path }: DeltaConflict,
  main: readonly SideMigration[],
  mine: SideMigration,
): RebaseConflict {
  const [kind = '', object = '', part = '', name = ''] = path;
  const label = object.replace(/^public\./, '');
  const isPart = name !== '';
  return {
    what: isPart ? `${WORDS[part] ?? part} ${label}.${name}` : `${WORDS[kind] ?? kind} ${label}`,
    tag: mine.tag,
    main: main.flatMap((migration) => naming(migration, object, name)),
    mine: naming(mine, object, name),
  };
}

/** The statements that name the thing; those that name its table where none does. */
function naming(
  migration: SideMigration,
  object: string,
  part: string,
): readonly { readonly tag: string; readonly sql: string }[] {
  const names = [object.split('.').at(-1) ?? '', part].filter((name) => name !== '');
  const texts = splitStatements(migration.sql).map(({ text }) => text);
  const all = texts.filter((text) => names.every((name) => text.includes(name)));
  const found = all.length > 0 ? all : texts.filter((text) => text.includes(names[0] ?? ''));
  return found.map((sql) => ({ tag: migration.tag, sql }));
}

/** For a terminal: what, and the statements of both sides. */
export function formatConflict({ what, main, mine }: RebaseConflict): string {
  const list = (title: string, statements: RebaseConflict['main']) =>
    statements.map(({ tag, sql }) => `  ${title} ${tag}: ${sql.replaceAll(/\s+/g, ' ')}`);
  return [`${what} was changed on both sides:`, ...list('main', main), ...list('mine', mine)].join('\n');
}
