import { kindOf, nameOf, type StructureKind, splitNames } from '../structure/structure.ts';

/**
 * SQL that makes an object what it should be, where that follows from its definition alone. Null where it doesn't: a
 * table with its rows, a changed type, or what has to be dropped first.
 */
export function repairOf(identity: string, expected: string, actual: string | null): string | null {
  const name = nameOf(identity);
  const parts = splitNames(name, '.');
  const kind = kindOf(identity);
  const object: Damaged = {
    kind,
    name,
    table: parts.slice(0, 2).join('.'),
    own: parts.at(-1) ?? '',
    expected,
  };
  return actual === null ? create(object) : (CHANGES[kind]?.(object, actual) ?? null);
}

interface Damaged {
  readonly kind: StructureKind;
  readonly name: string;
  /** Of a part of a table. */
  readonly table: string;
  /** The part's own name. */
  readonly own: string;
  readonly expected: string;
}

const STATE = / \((disabled|enabled on replica|enabled always)\)$/;

function create(object: Damaged): string | null {
  return CREATIONS[object.kind]?.(object) ?? null;
}

const asItIs = ({ expected }: Damaged) => `${expected.replace(/;$/, '')};`;

const CREATIONS: Partial<Record<StructureKind, (object: Damaged) => string | null>> = {
  schema: ({ name }) => `CREATE SCHEMA ${name};`,
  extension: ({ name, expected }) =>
    `CREATE EXTENSION ${name} SCHEMA ${expected.replace('extension in ', '')};`,
  index: asItIs,
  rule: asItIs,
  statistics: asItIs,
  function: ({ expected }) => (expected.startsWith('CREATE ') ? `${expected.trimEnd()};` : null),
  trigger: ({ table, own, expected }) => withState(`${expected.replace(STATE, '')};`, table, own, expected),
  constraint: ({ table, own, expected }) => `ALTER TABLE ${table} ADD CONSTRAINT ${own} ${expected};`,
  column: ({ table, own, expected }) => `ALTER TABLE ${table} ADD COLUMN ${own} ${expected};`,
  view: createView,
  'materialized view': createView,
  'publication table': ({ name }) => {
    const [publication, ...table] = splitNames(name, '.');
    return `ALTER PUBLICATION ${publication} ADD TABLE ${table.join('.')};`;
  },
};

const CHANGES: Partial<Record<StructureKind, (object: Damaged, actual: string) => string | null>> = {
  trigger(object, actual) {
    const { table, own, expected } = object;
    if (expected.replace(STATE, '') === actual.replace(STATE, '')) return stateSql(table, own, expected);
    return `DROP TRIGGER ${own} ON ${table};\n${create(object)}`;
  },
  function: (object) => create(object),
  index(object, actual) {
    const { name, expected } = object;
    if (actual === `${expected} (invalid)`) return `REINDEX INDEX CONCURRENTLY ${name};`;
    if (actual.endsWith(' (invalid)')) return `DROP INDEX CONCURRENTLY ${name};`;
    return `DROP INDEX ${name};\n${create(object)}`;
  },
  constraint(object, actual) {
    const { table, own, expected } = object;
    if (actual === `${expected} NOT VALID`) return `ALTER TABLE ${table} VALIDATE CONSTRAINT ${own};`;
    return `ALTER TABLE ${table} DROP CONSTRAINT ${own};\n${create(object)}`;
  },
  column: ({ table, own, expected }, actual) => changeColumn(table, own, expected, actual),
  view: (object) => `DROP VIEW ${object.name};\n${create(object)}`,
};

function createView({ kind, name, expected: definition }: Damaged): string {
  const [, options = '', query = definition] = /^(with \(.*?\)) (.*)$/s.exec(definition) ?? [];
  return `CREATE ${kind.toUpperCase()} ${name}${options === '' ? '' : ` ${options}`} AS ${query}`;
}

/** Default and NOT NULL alone: another type is nothing to change without looking at the rows. */
function changeColumn(table: string, column: string, expected: string, actual: string): string | null {
  const [wanted, found] = [readColumn(expected), readColumn(actual)];
  if (wanted === null || found === null || wanted.type !== found.type) return null;
  const actions = [
    wanted.default === found.default
      ? ''
      : `ALTER ${column} ${wanted.default === '' ? 'DROP DEFAULT' : `SET DEFAULT ${wanted.default}`}`,
    wanted.isNotNull === found.isNotNull
      ? ''
      : `ALTER ${column} ${wanted.isNotNull ? 'SET' : 'DROP'} NOT NULL`,
  ].filter((action) => action !== '');
  return actions.length === 0 ? null : `ALTER TABLE ${table} ${actions.join(', ')};`;
}

function readColumn(definition: string) {
  if (/ generated (always|by default) as /.test(definition)) return null;
  const [, type = '', notNull, , value = ''] = /^(.*?)( not null)?( default (.*))?$/s.exec(definition) ?? [];
  return { type, isNotNull: notNull !== undefined, default: value };
}

function withState(create: string, table: string, trigger: string, definition: string): string {
  return STATE.test(definition) ? `${create}\n${stateSql(table, trigger, definition)}` : create;
}

function stateSql(table: string, trigger: string, definition: string): string {
  const state = STATE.exec(definition)?.[1];
  const words = {
    disabled: 'DISABLE',
    'enabled on replica': 'ENABLE REPLICA',
    'enabled always': 'ENABLE ALWAYS',
  };
  return `ALTER TABLE ${table} ${words[state as keyof typeof words] ?? 'ENABLE'} TRIGGER ${trigger};`;
}
