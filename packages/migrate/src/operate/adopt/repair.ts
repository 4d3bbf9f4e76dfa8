import type { StructureDiff, StructureObject } from '../structure/diff.ts';
import { kindOf, nameOf, type Structure, type StructureKind, splitNames } from '../structure/structure.ts';

/** SQL that leads from an actual structure to the expected one, and what it can't say. */
export interface Repair {
  /** In the order to run them, each without its semicolon. */
  readonly statements: readonly string[];
  /** Differences that a person has to mend: their identities. */
  readonly byHand: readonly string[];
  /** Objects that the history doesn't know and that stay as they are. */
  readonly kept: readonly string[];
}

/**
 * What brings a database to the promised structure without losing anything: missing objects are made, different ones
 * altered or made anew, a constraint or index under another name is renamed. Nothing that the history doesn't know is
 * dropped. What can't be derived from the definitions is left to a person.
 */
export function repairOf(diff: StructureDiff, expected: Structure): Repair {
  const renames = findRenames(diff);
  const renamedFrom = new Set(renames.map(({ from }) => from.identity));
  const renamedTo = new Set(renames.map(({ to }) => to.identity));
  const statements: { order: number; sql: string }[] = renames.map((rename) => ({
    order: 0,
    sql: renameSql(rename),
  }));
  const byHand: string[] = [];
  const newTables = new Set(
    diff.missing
      .filter(({ identity }) => kindOf(identity) === 'table')
      .map(({ identity }) => nameOf(identity)),
  );
  for (const object of diff.missing) {
    if (renamedTo.has(object.identity) || isPartOf(object, newTables)) continue;
    const { identity, definition } = object;
    add(identity, CREATE[kindOf(identity)]?.(definition, placeOf(identity), expected) ?? null);
  }
  for (const { identity, expected: wanted, actual } of diff.different) {
    add(identity, ALTER[kindOf(identity)]?.(wanted, actual, placeOf(identity)) ?? null);
  }
  return {
    statements: statements.toSorted((a, b) => a.order - b.order).map(({ sql }) => sql),
    byHand: byHand.toSorted(),
    kept: diff.unexpected.map(({ identity }) => identity).filter((identity) => !renamedFrom.has(identity)),
  };

  function add(identity: string, sql: readonly string[] | null): void {
    if (sql === null) byHand.push(identity);
    else statements.push(...sql.map((text) => ({ order: orderOf(identity, text), sql: text })));
  }
}

/** What others need comes first. Kinds that aren't here come before all. */
const ORDER: readonly StructureKind[] = [
  'schema',
  'extension',
  'type',
  'sequence',
  'table',
  'column',
  'function',
  'constraint',
  'index',
  'view',
  'materialized view',
  'trigger',
  'rule',
  'policy',
];

/** A sequence's owner has to be there before it can own. */
function orderOf(identity: string, sql: string): number {
  return ORDER.indexOf(sql.startsWith('ALTER SEQUENCE ') ? 'function' : kindOf(identity));
}

interface Rename {
  readonly from: StructureObject;
  readonly to: StructureObject;
}

/** A missing and an unexpected constraint (or index) that are the same but for their names. */
function findRenames(diff: StructureDiff): readonly Rename[] {
  const free = new Set(diff.unexpected);
  return diff.missing.flatMap((to) => {
    const from = [...free].find((candidate) => comparable(candidate) === comparable(to));
    if (from === undefined || comparable(to) === null) return [];
    free.delete(from);
    return [{ from, to }];
  });
}

/** An object's definition and place without its name; null for what isn't renamed. */
function comparable({ identity, definition }: StructureObject): string | null {
  const kind = kindOf(identity);
  const { owner, own } = placeOf(identity);
  if (kind === 'constraint') return `constraint ${owner} ${definition}`;
  if (kind === 'index') return `index ${owner} ${definition.replace(` INDEX ${own} ON `, ' INDEX ON ')}`;
  return null;
}

function renameSql({ from, to }: Rename): string {
  const [before, after] = [placeOf(from.identity), placeOf(to.identity)];
  return kindOf(to.identity) === 'constraint'
    ? `ALTER TABLE ${after.owner} RENAME CONSTRAINT ${before.own} TO ${after.own}`
    : `ALTER INDEX ${before.owner}.${before.own} RENAME TO ${after.own}`;
}

/** A new table's columns come with it. */
function isPartOf({ identity }: StructureObject, tables: ReadonlySet<string>): boolean {
  return kindOf(identity) === 'column' && tables.has(placeOf(identity).owner);
}

interface Place {
  /** The whole name, what the object hangs on, and its own name, all as Postgres quotes them. */
  readonly name: string;
  readonly owner: string;
  readonly own: string;
}

type Create = (definition: string, place: Place, expected: Structure) => readonly string[] | null;
type Alter = (expected: string, actual: string, place: Place) => readonly string[] | null;

/** How a missing object is made, for the kinds whose definition says it. */
const CREATE: Partial<Record<StructureKind, Create>> = {
  schema: (_, { name }) => [`CREATE SCHEMA ${name}`],
  extension: (_, { name }) => [`CREATE EXTENSION ${name}`],
  type: (definition, { name }) =>
    definition.startsWith('enum (') ? [`CREATE TYPE ${name} AS ${definition}`] : null,
  sequence: (definition, { name }) => sequenceSql(name, definition),
  table: (definition, { name }, expected) => (definition === 'table' ? createTable(name, expected) : null),
  column: (definition, { owner, own }) => columnSql(definition, `ALTER TABLE ${owner} ADD COLUMN ${own}`),
  constraint: (definition, { owner, own }) => [`ALTER TABLE ${owner} ADD CONSTRAINT ${own} ${definition}`],
  index: (definition) => [definition.trimEnd()],
  function: (definition) => [definition.trimEnd()],
  trigger: (definition, { owner, own }) => triggerSql(definition, owner, own),
  view: (definition, { name }) =>
    definition.startsWith('with (') ? null : [`CREATE VIEW ${name} AS ${trimEnd(definition)}`],
};

/** How an object that is there becomes what it should be. */
const ALTER: Partial<Record<StructureKind, Alter>> = {
  column: (expected, actual, { owner, own }) =>
    alterColumn(expected, actual, `ALTER TABLE ${owner} ALTER COLUMN ${own}`),
  constraint: (expected, _, { owner, own }) => [
    `ALTER TABLE ${owner} DROP CONSTRAINT ${own}`,
    `ALTER TABLE ${owner} ADD CONSTRAINT ${own} ${expected}`,
  ],
  index: (expected, _, { name }) => [`DROP INDEX ${name}`, expected],
  function: (expected) => [expected.trimEnd()],
  trigger: (expected, _, { owner, own }) => [
    `DROP TRIGGER ${own} ON ${owner}`,
    ...triggerSql(expected, owner, own),
  ],
  type: (expected, actual, { name }) => addLabels(name, expected, actual),
};

function createTable(name: string, expected: Structure): readonly string[] | null {
  const columns = splitNames(expected[`column order ${name}`] ?? '', ', ').map((column) =>
    columnSql(expected[`column ${name}.${column}`] ?? '', `  ${column}`),
  );
  if (columns.some((column) => column === null)) return null;
  return [`CREATE TABLE ${name} (\n${columns.flatMap((column) => column ?? []).join(',\n')}\n)`];
}

/** An identity's sequence comes with its column; an owner is named once the table is there. */
function sequenceSql(name: string, definition: string): readonly string[] | null {
  if (definition.includes(' identity of ')) return [];
  if (definition.startsWith('unlogged ')) return null;
  const [plain, owner] = definition.split(' owned by ');
  const options = plain?.replace(/ minimum /, ' minvalue ').replace(/ maximum /, ' maxvalue ');
  const made = `CREATE SEQUENCE ${name} AS ${options}`;
  return owner === undefined ? [made] : [made, `ALTER SEQUENCE ${name} OWNED BY ${owner}`];
}

/** A column's definition as its SQL; null for what a plain definition can't say. */
function columnSql(definition: string, before: string): readonly string[] | null {
  const column = parseColumn(definition);
  if (column === null) return null;
  const { type, isNotNull, fill } = column;
  return [[before, type, fill, isNotNull ? 'NOT NULL' : ''].filter((part) => part !== '').join(' ')];
}

interface ParsedColumn {
  readonly type: string;
  readonly isNotNull: boolean;
  /** Its default, identity or generation as SQL, or the empty text. */
  readonly fill: string;
}

function parseColumn(definition: string): ParsedColumn | null {
  const match =
    /^(?<type>.+?)(?<odd> (?:collate|storage|compression|options) .+?)?(?<notNull> not null)?(?<notValid> not valid)?(?: (?<fill>generated .+|default .+))?$/s.exec(
      definition,
    );
  const groups = match?.groups;
  if (groups === undefined || groups.odd !== undefined || groups.notValid !== undefined) return null;
  return {
    type: groups.type ?? '',
    isNotNull: groups.notNull !== undefined,
    fill: fillSql(groups.fill ?? ''),
  };
}

function fillSql(fill: string): string {
  const generated = /^generated always as (?!identity)(.+) (stored|virtual)$/s.exec(fill);
  if (generated !== null) return `GENERATED ALWAYS AS (${generated[1]}) ${generated[2]?.toUpperCase()}`;
  return fill;
}

/** Type, nullability and default. Null where data could be lost, or the way the column is filled differs. */
function alterColumn(expected: string, actual: string, before: string): readonly string[] | null {
  const [wanted, found] = [parseColumn(expected), parseColumn(actual)];
  if (wanted === null || found === null || wanted.type !== found.type) return null;
  const isPlain = (fill: string) => fill === '' || fill.startsWith('default ');
  if (wanted.fill !== found.fill && !(isPlain(wanted.fill) && isPlain(found.fill))) return null;
  return [
    ...(wanted.fill === found.fill
      ? []
      : [
          wanted.fill === ''
            ? `${before} DROP DEFAULT`
            : `${before} SET ${wanted.fill.replace('default', 'DEFAULT')}`,
        ]),
    ...(wanted.isNotNull === found.isNotNull
      ? []
      : [`${before} ${wanted.isNotNull ? 'SET' : 'DROP'} NOT NULL`]),
  ];
}

const TRIGGER_STATES: Readonly<Record<string, string>> = {
  ' (disabled)': 'DISABLE',
  ' (enabled on replica)': 'ENABLE REPLICA',
  ' (enabled always)': 'ENABLE ALWAYS',
};

function triggerSql(definition: string, owner: string, own: string): readonly string[] {
  const suffix = Object.keys(TRIGGER_STATES).find((state) => definition.endsWith(state));
  if (suffix === undefined) return [definition];
  return [
    definition.slice(0, -suffix.length),
    `ALTER TABLE ${owner} ${TRIGGER_STATES[suffix]} TRIGGER ${own}`,
  ];
}

/** Labels that only follow those that are there: any other order wants the type made anew. */
function addLabels(name: string, expected: string, actual: string): readonly string[] | null {
  const labels = (text: string) => text.slice('enum ('.length, -1).match(/'(?:[^']|'')*'/g) ?? [];
  if (!expected.startsWith('enum (') || !actual.startsWith('enum (')) return null;
  const [wanted, found] = [labels(expected), labels(actual)];
  if (!found.every((label, index) => wanted[index] === label)) return null;
  return wanted.slice(found.length).map((label) => `ALTER TYPE ${name} ADD VALUE ${label}`);
}

function placeOf(identity: string): Place {
  const name = nameOf(identity);
  const names = splitNames(name, '.');
  return { name, owner: names.slice(0, -1).join('.'), own: names.at(-1) ?? '' };
}

function trimEnd(sql: string): string {
  return sql.trim().replace(/;$/, '');
}
