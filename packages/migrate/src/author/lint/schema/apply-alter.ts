import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint as ConstraintNode } from 'libpg-query';
import { addColumn, addConstraint } from './apply-create.ts';
import { dropColumn, dropConstraint } from './apply-drop.ts';
import { findColumn, findTable, keyOf, type Schema, type Table } from './schema.ts';
import { nameParts, typeRef } from './type-ref.ts';

export function commandsOf(node: { readonly cmds?: AlterTableStmt['cmds'] }): readonly AlterTableCmd[] {
  return (node.cmds ?? []).flatMap((item) => (item as { AlterTableCmd?: AlterTableCmd }).AlterTableCmd ?? []);
}

export function columnDefOf(command: AlterTableCmd): ColumnDef | null {
  return (command.def as { ColumnDef?: ColumnDef } | undefined)?.ColumnDef ?? null;
}

export function constraintOf(command: AlterTableCmd): ConstraintNode | null {
  return (command.def as { Constraint?: ConstraintNode } | undefined)?.Constraint ?? null;
}

interface PartitionCmd {
  readonly name?: { schemaname?: string; relname?: string };
  readonly concurrent?: boolean;
}

export function partitionOf(command: AlterTableCmd): PartitionCmd | null {
  return (command.def as { PartitionCmd?: PartitionCmd } | undefined)?.PartitionCmd ?? null;
}

export function alterTable(schema: Schema, node: AlterTableStmt): void {
  const table = findTable(schema, node.relation);
  if (table === null) return;
  for (const command of commandsOf(node)) applyCommand(schema, table, command);
}

function applyCommand(schema: Schema, table: Table, command: AlterTableCmd): void {
  const column = findColumn(table, command.name);
  const subtype: string = command.subtype ?? '';
  switch (subtype) {
    case 'AT_AddColumn': {
      const definition = columnDefOf(command);
      if (definition !== null) addColumn(schema, table, definition);
      return;
    }
    case 'AT_DropColumn':
      return dropColumn(schema, table, command.name ?? '');
    case 'AT_AddConstraint': {
      const constraint = constraintOf(command);
      if (constraint !== null) addConstraint(schema, table, constraint);
      return;
    }
    case 'AT_DropConstraint':
      return dropConstraint(schema, table, command.name ?? '');
    case 'AT_ValidateConstraint': {
      const constraint = table.constraints.find(({ name }) => name === command.name);
      if (constraint !== undefined) constraint.isValid = true;
      return;
    }
    case 'AT_ReplicaIdentity': {
      const { ReplicaIdentityStmt: identity } = (command.def ?? {}) as {
        ReplicaIdentityStmt?: { identity_type?: string };
      };
      table.hasFullReplicaIdentity = identity?.identity_type === 'f';
      return;
    }
    case 'AT_AttachPartition': {
      const partition = findTable(schema, partitionOf(command)?.name);
      if (partition !== null) partition.parent = `${table.schema}.${table.name}`;
      return;
    }
    case 'AT_DetachPartition': {
      const partition = findTable(schema, partitionOf(command)?.name);
      if (partition !== null) partition.parent = null;
      return;
    }
    default:
      if (column !== null) alterColumn(schema, table, column.name, command);
  }
}

function alterColumn(schema: Schema, table: Table, name: string, command: AlterTableCmd): void {
  const column = findColumn(table, name);
  if (column === null) return;
  const subtype: string = command.subtype ?? '';
  switch (subtype) {
    case 'AT_AlterColumnType': {
      const definition = columnDefOf(command);
      column.type = typeRef(definition?.typeName, schema.searchPath);
      column.collation = nameParts(definition?.collClause?.collname).at(-1) ?? null;
      return;
    }
    case 'AT_SetNotNull':
      column.notNull = true;
      return;
    case 'AT_DropNotNull':
      column.notNull = false;
      return;
    case 'AT_ColumnDefault':
      column.default = command.def ?? null;
      column.isSerial = false;
      return;
    case 'AT_AddIdentity':
      column.isIdentity = true;
      column.notNull = true;
      return;
    case 'AT_DropIdentity':
      column.isIdentity = false;
      return;
    case 'AT_DropExpression':
      column.generated = null;
      return;
    default:
  }
}

/** RENAME of a table, column, constraint, index, type or view. */
export function rename(
  schema: Schema,
  node: {
    readonly renameType?: string;
    readonly relationType?: string;
    readonly relation?: object;
    readonly subname?: string;
    readonly newname?: string;
    readonly object?: object;
  },
): void {
  const to = node.newname ?? '';
  const key = keyOf(schema, node.relation);
  const table = schema.tables.get(key);
  const kind: string = node.renameType ?? '';
  switch (kind) {
    case 'OBJECT_COLUMN':
      if (table !== undefined) renameColumn(schema, table, node.subname ?? '', to);
      return;
    case 'OBJECT_TABCONSTRAINT': {
      const constraint = table?.constraints.find(({ name }) => name === node.subname);
      if (table === undefined || constraint === undefined) return;
      moveIndex(schema, `${table.schema}.${constraint.name}`, `${table.schema}.${to}`);
      constraint.name = to;
      return;
    }
    case 'OBJECT_TRIGGER': {
      const trigger = table?.triggers.get(node.subname ?? '');
      if (table === undefined || trigger === undefined) return;
      table.triggers.delete(node.subname ?? '');
      table.triggers.set(to, trigger);
      return;
    }
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN': {
      const { List } = (node.object ?? {}) as { List?: { items?: Parameters<typeof nameParts>[0] } };
      const parts = nameParts(List?.items);
      return renameType(schema, `${parts.length > 1 ? parts.at(-2) : schema.searchPath}.${parts.at(-1)}`, to);
    }
    default:
      renameRelation(schema, key, `${key.slice(0, key.indexOf('.'))}.${to}`);
  }
}

function renameColumn(schema: Schema, table: Table, from: string, to: string): void {
  const swap = (name: string | null) => (name === from ? to : name);
  for (const column of table.columns) column.name = swap(column.name) ?? '';
  for (const constraint of table.constraints)
    constraint.columns = constraint.columns.map((name) => swap(name) ?? '');
  for (const index of schema.indexes.values())
    if (index.table === `${table.schema}.${table.name}`) index.columns = index.columns.map(swap);
}

/** Gives a table, index, view or sequence another key, and follows it wherever it is named. */
export function renameRelation(schema: Schema, from: string, to: string): void {
  const [namespace, name] = [to.slice(0, to.indexOf('.')), to.slice(to.indexOf('.') + 1)];
  const table = schema.tables.get(from);
  if (table !== undefined) {
    schema.tables.delete(from);
    const oldNamespace = table.schema;
    table.schema = namespace;
    table.name = name;
    schema.tables.set(to, table);
    for (const [key, index] of schema.indexes) {
      if (index.table !== from) continue;
      schema.indexes.delete(key);
      const home = index.schema === oldNamespace ? namespace : index.schema;
      schema.indexes.set(`${home}.${index.name}`, { ...index, table: to, schema: home });
    }
    for (const other of schema.tables.values()) {
      if (other.parent === from) other.parent = to;
      for (const constraint of other.constraints)
        if (constraint.references === from) constraint.references = to;
    }
  }
  moveIndex(schema, from, to);
  const index = schema.indexes.get(to);
  for (const owner of schema.tables.values()) {
    if (index?.table !== `${owner.schema}.${owner.name}`) continue;
    for (const constraint of owner.constraints)
      if (`${owner.schema}.${constraint.name}` === from) constraint.name = name;
  }
  const view = schema.views.get(from);
  if (view !== undefined) {
    schema.views.delete(from);
    schema.views.set(to, { ...view, schema: namespace, name });
  }
  if (schema.sequences.delete(from)) schema.sequences.add(to);
}

function moveIndex(schema: Schema, from: string, to: string): void {
  const index = schema.indexes.get(from);
  if (index === undefined) return;
  schema.indexes.delete(from);
  const dot = to.indexOf('.');
  schema.indexes.set(to, { ...index, schema: to.slice(0, dot), name: to.slice(dot + 1) });
}

function renameType(schema: Schema, from: string, name: string): void {
  const to = `${from.slice(0, from.indexOf('.'))}.${name}`;
  moveType(schema, from, to);
}

/** A type under another key; columns follow it. */
export function moveType(schema: Schema, from: string, to: string): void {
  const [namespace, name] = [to.slice(0, to.indexOf('.')), to.slice(to.indexOf('.') + 1)];
  for (const map of [schema.enums, schema.domains] as Map<string, { schema: string; name: string }>[]) {
    const found = map.get(from);
    if (found === undefined) continue;
    map.delete(from);
    map.set(to, Object.assign(found, { schema: namespace, name }));
  }
  for (const table of schema.tables.values())
    for (const column of table.columns)
      if (column.type.name === from) column.type = { ...column.type, name: to };
}
