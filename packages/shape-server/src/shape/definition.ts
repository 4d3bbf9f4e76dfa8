import type { Column, Relation, Table } from '../source/source.ts';
import type { Where } from '../where/where.ts';

export type Replica = 'default' | 'full';
export type LogMode = 'full' | 'changes_only';

/** What decides a shape's rows and messages. Two requests with equal keys share a shape. */
export interface ShapeDefinition {
  readonly key: string;
  readonly table: Table;
  /** Selected columns, sorted by name. */
  readonly columns: readonly Column[];
  /** Columns of the key: the primary key's, or all of the table's. */
  readonly keyColumns: readonly Column[];
  readonly selectsAll: boolean;
  readonly where: Where | null;
  readonly replica: Replica;
  readonly mode: LogMode;
  /** Equal as long as what was selected means the same. */
  readonly fingerprint: string;
}

export interface DefinitionInput {
  readonly table: Table;
  /** Names of the selected columns, or null for all. They exist and have the key among them. */
  readonly columns: readonly string[] | null;
  readonly where: Where | null;
  readonly replica: Replica;
  readonly mode: LogMode;
}

export function defineShape(input: DefinitionInput): ShapeDefinition {
  const { table, where, replica, mode } = input;
  const selected = table.columns.filter((column) => input.columns?.includes(column.name) ?? true);
  const columns = selected.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const keyColumns = keyColumnsOf(table);
  const key = JSON.stringify([
    table.oid,
    table.schema,
    table.name,
    keyColumns.map((column) => column.name),
    where?.sql ?? null,
    input.columns === null ? null : columns.map((column) => column.name),
    replica,
    mode,
  ]);
  const selectsAll = input.columns === null;
  const watched = watchedColumns(table, columns, where);
  return {
    key,
    table,
    columns,
    keyColumns,
    selectsAll,
    where,
    replica,
    mode,
    fingerprint: JSON.stringify(
      watched.map((column) => [column.name, column.position, column.typeOid, column.typeModifier]),
    ),
  };
}

/** The columns that identify a row: the primary key's in its order; without one, all of them. */
export function keyColumnsOf(table: Table): readonly Column[] {
  const key = table.columns.filter((column) => column.keyIndex !== null);
  if (key.length === 0) return table.columns;
  return key.toSorted((a, b) => (a.keyIndex as number) - (b.keyIndex as number));
}

/**
 * Whether rows of the stream still mean what the shape's columns are: each selected column, and each in the where
 * clause, with its type, in the table's order; for a shape of all columns, no other column.
 */
export function matchesRelation(definition: ShapeDefinition, relation: Relation): boolean {
  const { table } = definition;
  if (relation.oid !== table.oid || relation.name !== table.name || relation.schema !== table.schema)
    return false;
  const watched = watchedColumns(table, definition.columns, definition.where);
  if (definition.selectsAll && relation.columns.length !== definition.columns.length) return false;
  let from = 0;
  for (const column of watched) {
    const index = relation.columns.findIndex((candidate, at) => at >= from && candidate.name === column.name);
    const found = relation.columns[index];
    if (found === undefined) return false;
    if (found.typeOid !== column.typeOid || found.typeModifier !== column.typeModifier) return false;
    from = index + 1;
  }
  return true;
}

/** In the table's order. */
function watchedColumns(table: Table, columns: readonly Column[], where: Where | null): readonly Column[] {
  return table.columns.filter((column) => columns.includes(column) || where?.columns.includes(column.name));
}
