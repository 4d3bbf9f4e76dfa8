import { formatQualifiedName, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { ColumnInfo, TableInfo } from './introspection.ts';
import type { Fill, TableDiff } from './schema-diff.ts';
import { isTotalConversion } from './type-conversion.ts';

/** `"name" type DEFAULT …` */
export function columnDefinition(column: ColumnInfo, defaultSql: string | null): string {
  const suffix = defaultSql === null ? '' : ` DEFAULT ${defaultSql}`;
  return `${quoteIdentifier(column.name)} ${column.typeSql}${suffix}`;
}

export function keyDefinition(table: TableInfo): string | null {
  if (table.key === null) return null;
  const names = table.key.attnums.map((attnum) => quoteIdentifier(nameOf(table, attnum)));
  return `CONSTRAINT ${quoteIdentifier(table.key.name)} PRIMARY KEY (${names.join(', ')})`;
}

/**
 * Takes one table of a replica to its next version; it has its new name already. What stands in the way goes first
 * (indexes, key, columns), what rests on the rest comes last.
 */
export function alterReplicaTable(diff: TableDiff): readonly string[] {
  const table = formatQualifiedName(diff.after);
  const alter = (action: string) => `ALTER TABLE ${table} ${action}`;
  const isEmptied = diff.isKeyChanged || losesKeyValues(diff);
  return [
    ...diff.droppedIndexes.map(
      ({ name }) => `DROP INDEX ${formatQualifiedName({ schema: diff.after.schema, name })}`,
    ),
    // Rows under another key are other rows: they come anew from the server.
    ...(isEmptied ? [`TRUNCATE ${table}`] : []),
    ...dropKey(diff).map(alter),
    ...diff.droppedColumns.map(({ name }) => alter(`DROP COLUMN ${quoteIdentifier(name)}`)),
    ...renameColumns(diff).map(alter),
    ...diff.keptColumns.flatMap(({ before, after }) => alterColumn(before, after)).map(alter),
    ...diff.addedColumns.flatMap(({ column, fill }) => addColumn(column, fill)).map(alter),
    ...addKey(diff).map(alter),
    ...diff.createdIndexes.map(({ definition }) => definition),
  ];
}

function losesKeyValues(diff: TableDiff): boolean {
  return diff.keptColumns.some(
    ({ before, after }) =>
      diff.after.key?.attnums.includes(after.attnum) === true &&
      before.typeId !== after.typeId &&
      !isTotalConversion(before, after),
  );
}

function dropKey(diff: TableDiff): readonly string[] {
  const { key } = diff.before;
  if (!diff.isKeyChanged || key === null) return [];
  const dropped = new Set(diff.droppedColumns.map(({ attnum }) => attnum));
  return [
    `DROP CONSTRAINT ${quoteIdentifier(key.name)}`,
    // A column that was in a key stays NOT NULL without it.
    ...key.attnums
      .filter((attnum) => !dropped.has(attnum))
      .map((attnum) => `ALTER COLUMN ${quoteIdentifier(nameOf(diff.before, attnum))} DROP NOT NULL`),
  ];
}

function addKey(diff: TableDiff): readonly string[] {
  const { before, after, isKeyChanged } = diff;
  const definition = keyDefinition(after);
  if (isKeyChanged) return definition === null ? [] : [`ADD ${definition}`];
  if (before.key === null || after.key === null || before.key.name === after.key.name) return [];
  return [`RENAME CONSTRAINT ${quoteIdentifier(before.key.name)} TO ${quoteIdentifier(after.key.name)}`];
}

/** Through a name of no column where two columns swap theirs. */
function renameColumns(diff: TableDiff): readonly string[] {
  const taken = new Set(diff.keptColumns.map(({ before }) => before.name));
  const first: string[] = [];
  const second: string[] = [];
  for (const { before, after } of diff.keptColumns) {
    if (before.name === after.name) continue;
    const name = taken.has(after.name) ? `__lockstep_${before.attnum}` : after.name;
    first.push(`RENAME COLUMN ${quoteIdentifier(before.name)} TO ${quoteIdentifier(name)}`);
    if (name === after.name) continue;
    second.push(`RENAME COLUMN ${quoteIdentifier(name)} TO ${quoteIdentifier(after.name)}`);
  }
  return [...first, ...second];
}

function alterColumn(before: ColumnInfo, after: ColumnInfo): readonly string[] {
  const name = quoteIdentifier(after.name);
  if (before.typeId === after.typeId) return alterDefault(after, before.constantDefault);
  // The old default is of the old type, and would have to be converted too.
  return [
    ...(before.constantDefault === null ? [] : [`ALTER COLUMN ${name} DROP DEFAULT`]),
    `ALTER COLUMN ${name} TYPE ${after.typeSql} USING ${conversion(before, after)}`,
    ...alterDefault(after, null),
  ];
}

/** A value that the new type doesn't take is NULL until the server's arrives. */
function conversion(before: ColumnInfo, after: ColumnInfo): string {
  const name = quoteIdentifier(after.name);
  if (isTotalConversion(before, after)) return `${name}::${after.typeSql}`;
  const isValid = `pg_input_is_valid(${name}::text, ${quoteLiteral(after.typeSql)})`;
  return `CASE WHEN ${isValid} THEN ${name}::text::${after.typeSql} END`;
}

function addColumn(column: ColumnInfo, fill: Fill): readonly string[] {
  const initial =
    fill.kind === 'constant' ? fill.default : fill.kind === 'null' ? null : column.constantDefault;
  return [`ADD COLUMN ${columnDefinition(column, initial)}`, ...alterDefault(column, initial)];
}

function alterDefault(column: ColumnInfo, current: string | null): readonly string[] {
  const wanted = column.constantDefault;
  if (wanted === current) return [];
  const action = wanted === null ? 'DROP DEFAULT' : `SET DEFAULT ${wanted}`;
  return [`ALTER COLUMN ${quoteIdentifier(column.name)} ${action}`];
}

function nameOf(table: TableInfo, attnum: number): string {
  const column = table.columns.find((candidate) => candidate.attnum === attnum);
  if (column === undefined) throw new Error(`Assertion failed: ${table.name} has no column ${attnum}.`);
  return column.name;
}
