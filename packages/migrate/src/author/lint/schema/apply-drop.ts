import type { DropStmt, Node } from 'libpg-query';
import { rangeVarsIn } from './references.ts';
import { indexesOf, keyOf, keyOfParts, type Schema, type Table } from './schema.ts';
import { nameParts } from './type-ref.ts';

/** The names that a DROP lists, in parts. */
export function droppedNames(node: DropStmt): readonly (readonly string[])[] {
  return (node.objects ?? []).map((object) => {
    const {
      List,
      TypeName,
      ObjectWithArgs,
      String: text,
    } = object as {
      List?: { items?: Node[] };
      TypeName?: { names?: Node[] };
      ObjectWithArgs?: { objname?: Node[] };
      String?: { sval?: string };
    };
    if (text?.sval !== undefined) return [text.sval];
    return nameParts(List?.items ?? TypeName?.names ?? ObjectWithArgs?.objname);
  });
}

export function dropObjects(schema: Schema, node: DropStmt): void {
  for (const parts of droppedNames(node)) {
    const key = keyOfParts(schema, parts);
    const kind: string = node.removeType ?? '';
    switch (kind) {
      case 'OBJECT_TABLE':
      case 'OBJECT_FOREIGN_TABLE':
        dropTable(schema, key);
        if (node.behavior === 'DROP_CASCADE') dropViewsOver(schema, key);
        break;
      case 'OBJECT_INDEX':
        schema.indexes.delete(key);
        break;
      case 'OBJECT_VIEW':
      case 'OBJECT_MATVIEW':
        schema.views.delete(key);
        break;
      case 'OBJECT_TYPE':
      case 'OBJECT_DOMAIN':
        dropType(schema, key);
        break;
      case 'OBJECT_SEQUENCE':
        schema.sequences.delete(key);
        break;
      case 'OBJECT_FUNCTION':
      case 'OBJECT_PROCEDURE':
      case 'OBJECT_ROUTINE':
        schema.routines.delete(key);
        break;
      case 'OBJECT_TRIGGER':
        schema.tables.get(keyOfParts(schema, parts.slice(0, -1)))?.triggers.delete(parts.at(-1) ?? '');
        break;
      case 'OBJECT_POLICY':
        schema.tables.get(keyOfParts(schema, parts.slice(0, -1)))?.policies.delete(parts.at(-1) ?? '');
        break;
      case 'OBJECT_SCHEMA':
        dropSchema(schema, parts.at(-1) ?? '');
        break;
      default:
    }
  }
}

function dropTable(schema: Schema, key: string): void {
  schema.tables.delete(key);
  for (const [name, index] of schema.indexes) if (index.table === key) schema.indexes.delete(name);
  // With CASCADE; without it Postgres would have refused.
  for (const table of schema.tables.values()) {
    removeWhere(table.constraints, ({ references }) => references === key);
    if (table.parent === key) dropTable(schema, `${table.schema}.${table.name}`);
  }
}

/** Views go with what they read, and those over them. */
function dropViewsOver(schema: Schema, key: string): void {
  for (const [name, view] of schema.views) {
    if (!rangeVarsIn(view.query).some((read) => keyOf(schema, read) === key)) continue;
    schema.views.delete(name);
    dropViewsOver(schema, name);
  }
}

function dropType(schema: Schema, key: string): void {
  schema.enums.delete(key);
  schema.domains.delete(key);
  for (const table of schema.tables.values()) {
    for (const { name } of table.columns.filter(({ type }) => type.name === key))
      dropColumn(schema, table, name);
  }
}

function dropSchema(schema: Schema, name: string): void {
  for (const map of [
    schema.tables,
    schema.indexes,
    schema.views,
    schema.enums,
    schema.domains,
    schema.routines,
  ])
    for (const key of map.keys()) if (key.startsWith(`${name}.`)) map.delete(key);
}

export function dropColumn(schema: Schema, table: Table, name: string): void {
  removeWhere(table.columns, (column) => column.name === name);
  // An index or constraint goes with any of its columns; a check of the table as well.
  for (const { name: constraint } of table.constraints.filter(({ columns }) => columns.includes(name)))
    dropConstraint(schema, table, constraint);
  for (const index of indexesOf(schema, `${table.schema}.${table.name}`)) {
    if (index.columns.includes(name) || index.included.includes(name))
      schema.indexes.delete(`${index.schema}.${index.name}`);
  }
}

export function dropConstraint(schema: Schema, table: Table, name: string): void {
  const constraint = table.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) return;
  removeWhere(table.constraints, (candidate) => candidate === constraint);
  if (constraint.kind === 'not-null')
    for (const column of table.columns) if (constraint.columns.includes(column.name)) column.notNull = false;
  if (constraint.kind !== 'unique' && constraint.kind !== 'primary' && constraint.kind !== 'exclude') return;
  schema.indexes.delete(`${table.schema}.${name}`);
}

function removeWhere<T>(list: T[], test: (item: T) => boolean): void {
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const item = list[at];
    if (item !== undefined && test(item)) list.splice(at, 1);
  }
}
