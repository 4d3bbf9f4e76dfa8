import type { ColumnDef, Constraint as ConstraintNode, CreateStmt, Node } from 'libpg-query';
import { chooseName } from './object-name.ts';
import { columnRefsIn } from './references.ts';
import {
  type Column,
  type Constraint,
  findTable,
  type Index,
  keyOf,
  type Schema,
  type Table,
} from './schema.ts';
import { isSerial, nameParts, typeRef } from './type-ref.ts';

export function createTable(schema: Schema, node: CreateStmt, file: string): void {
  const { relation } = node;
  const key = keyOf(schema, relation);
  if (schema.tables.has(key)) return;
  const parent = (node.inhRelations ?? [])
    .map((item) => findTable(schema, (item as { RangeVar?: object }).RangeVar))
    .find((found) => found !== null);
  const table: Table = {
    schema: relation?.schemaname ?? schema.searchPath,
    name: relation?.relname ?? '',
    columns: [],
    constraints: [],
    persistence:
      relation?.relpersistence === 't'
        ? 'temporary'
        : relation?.relpersistence === 'u'
          ? 'unlogged'
          : 'permanent',
    isPartitioned: node.partspec !== undefined,
    parent: parent === undefined || node.partbound === undefined ? null : `${parent.schema}.${parent.name}`,
    file,
    isSynced: false,
    hasFullReplicaIdentity: false,
    triggers: new Map(),
    policies: new Set(),
  };
  schema.tables.set(key, table);
  if (parent !== undefined) table.columns.push(...parent.columns.map((column) => ({ ...column })));
  const elements = (node.tableElts ?? []) as {
    ColumnDef?: ColumnDef;
    Constraint?: ConstraintNode;
    TableLikeClause?: { relation?: object };
  }[];
  const late: (() => void)[] = [];
  for (const { ColumnDef, Constraint, TableLikeClause } of elements) {
    if (ColumnDef !== undefined) late.push(...declareColumn(schema, table, ColumnDef));
    if (Constraint !== undefined) late.push(() => void addConstraint(schema, table, Constraint));
    const source = findTable(schema, TableLikeClause?.relation);
    if (source !== null) table.columns.push(...source.columns.map(likeColumn));
  }
  for (const add of late) add();
}

/** LIKE without INCLUDING takes names, types and NOT NULL. */
function likeColumn(column: Column): Column {
  return { ...column, default: null, isIdentity: false, isSerial: false, generated: null };
}

export function addColumn(schema: Schema, table: Table, node: ColumnDef): void {
  if (table.columns.some(({ name }) => name === node.colname)) return;
  for (const add of declareColumn(schema, table, node)) add();
}

/** Adds the column, and answers what is to be added once all columns are there. */
function declareColumn(schema: Schema, table: Table, node: ColumnDef): readonly (() => void)[] {
  const name = node.colname ?? '';
  const serial = isSerial(node.typeName);
  const column: Column = {
    name,
    type: typeRef(node.typeName, schema.searchPath),
    notNull: serial,
    default: null,
    isIdentity: false,
    isSerial: serial,
    generated: null,
    collation: nameParts(node.collClause?.collname).at(-1) ?? null,
  };
  table.columns.push(column);
  if (serial) schema.sequences.add(`${table.schema}.${chooseName(table.name, [name], 'seq', () => false)}`);
  const late: (() => void)[] = [];
  for (const constraint of constraintsOf(node)) {
    const { contype } = constraint;
    if (contype === 'CONSTR_NOTNULL') column.notNull = true;
    else if (contype === 'CONSTR_DEFAULT') column.default = constraint.raw_expr ?? null;
    else if (contype === 'CONSTR_IDENTITY') Object.assign(column, { isIdentity: true, notNull: true });
    else if (contype === 'CONSTR_GENERATED')
      Object.assign(column, { generated: constraint.generated_kind === 'v' ? 'virtual' : 'stored' });
    else late.push(() => void addConstraint(schema, table, constraint, name));
  }
  return late;
}

export function constraintsOf(node: ColumnDef): readonly ConstraintNode[] {
  return (node.constraints ?? []).flatMap(
    (item) => (item as { Constraint?: ConstraintNode }).Constraint ?? [],
  );
}

const KINDS: Readonly<Record<string, Constraint['kind']>> = {
  CONSTR_CHECK: 'check',
  CONSTR_UNIQUE: 'unique',
  CONSTR_PRIMARY: 'primary',
  CONSTR_FOREIGN: 'foreign',
  CONSTR_EXCLUSION: 'exclude',
  CONSTR_NOTNULL: 'not-null',
};

/** Adds a table's constraint with the index it brings; `column` is the one that it is written at. */
export function addConstraint(
  schema: Schema,
  table: Table,
  node: ConstraintNode,
  column?: string,
): Constraint | null {
  const kind = KINDS[node.contype ?? ''];
  if (kind === undefined) return null;
  const columns = constraintColumns(schema, table, node, column);
  if (kind === 'not-null') {
    for (const found of table.columns) if (columns.includes(found.name)) found.notNull = true;
    if (node.conname === undefined) return null;
  }
  const constraint: Constraint = {
    name: constraintName(schema, table, node, kind, columns),
    kind,
    columns,
    references: kind === 'foreign' ? keyOf(schema, node.pktable) : null,
    isValid: node.skip_validation !== true,
    expression: node.raw_expr ?? null,
  };
  table.constraints.push(constraint);
  if (kind === 'primary')
    for (const found of table.columns) if (columns.includes(found.name)) found.notNull = true;
  if (kind === 'unique' || kind === 'primary' || kind === 'exclude')
    addOwnIndex(schema, table, node, constraint);
  return constraint;
}

function constraintColumns(schema: Schema, table: Table, node: ConstraintNode, column?: string): string[] {
  if (column !== undefined) return [column];
  if (node.indexname !== undefined) {
    const index = schema.indexes.get(`${table.schema}.${node.indexname}`);
    return (index?.columns ?? []).filter((name) => name !== null);
  }
  if (node.contype === 'CONSTR_CHECK') {
    const refs = columnRefsIn(node.raw_expr);
    return table.columns.map(({ name }) => name).filter((name) => refs.has(name));
  }
  if (node.contype === 'CONSTR_EXCLUSION') return exclusionColumns(node);
  return [...nameParts(node.contype === 'CONSTR_FOREIGN' ? node.fk_attrs : node.keys)];
}

function exclusionColumns(node: ConstraintNode): string[] {
  return (node.exclusions ?? []).flatMap((item) => {
    const [element] = (item as { List?: { items?: { IndexElem?: { name?: string } }[] } }).List?.items ?? [];
    return element?.IndexElem?.name ?? [];
  });
}

/** Postgres's own choice where none is written. */
function constraintName(
  schema: Schema,
  table: Table,
  node: ConstraintNode,
  kind: Constraint['kind'],
  columns: readonly string[],
): string {
  if (node.conname !== undefined) return node.conname;
  if (node.indexname !== undefined) return node.indexname;
  const isConstraint = (name: string) => table.constraints.some((other) => other.name === name);
  const isRelation = (name: string) => isRelationName(schema, table.schema, name) || isConstraint(name);
  if (kind === 'primary') return chooseName(table.name, [], 'pkey', isRelation);
  if (kind === 'unique') return chooseName(table.name, columns, 'key', isRelation);
  if (kind === 'exclude') return chooseName(table.name, columns, 'excl', isRelation);
  if (kind === 'foreign') return chooseName(table.name, columns, 'fkey', isConstraint);
  return chooseName(table.name, columns.length === 1 ? columns : [], 'check', isConstraint);
}

function isRelationName(schema: Schema, namespace: string, name: string): boolean {
  const key = `${namespace}.${name}`;
  return (
    schema.tables.has(key) || schema.indexes.has(key) || schema.views.has(key) || schema.sequences.has(key)
  );
}

function addOwnIndex(schema: Schema, table: Table, node: ConstraintNode, constraint: Constraint): void {
  const oldKey = `${table.schema}.${node.indexname ?? ''}`;
  const adopted = schema.indexes.get(oldKey);
  schema.indexes.delete(oldKey);
  const index: Index = {
    schema: table.schema,
    name: constraint.name,
    table: `${table.schema}.${table.name}`,
    columns: adopted?.columns ?? [...constraint.columns],
    included: adopted?.included ?? nameParts(node.including),
    isUnique: constraint.kind !== 'exclude',
    isPartial: node.where_clause !== undefined,
    isPrimary: constraint.kind === 'primary',
    method: node.access_method ?? 'btree',
  };
  schema.indexes.set(`${table.schema}.${constraint.name}`, index);
}

/** The name that a constraint gets; `column` is the one that it is written at. */
export function nameOfConstraint(schema: Schema, key: string, node: ConstraintNode, column?: string): string {
  const dot = key.indexOf('.');
  const table = schema.tables.get(key) ?? unknownTable(key.slice(0, dot), key.slice(dot + 1));
  const columns = constraintColumns(schema, table, node, column);
  return constraintName(schema, table, node, KINDS[node.contype ?? ''] ?? 'check', columns);
}

function unknownTable(schema: string, name: string): Table {
  return {
    schema,
    name,
    columns: [],
    constraints: [],
    persistence: 'permanent',
    isPartitioned: false,
    parent: null,
    file: '',
    isSynced: false,
    hasFullReplicaIdentity: false,
    triggers: new Map(),
    policies: new Set(),
  };
}

interface IndexNode {
  readonly idxname?: string;
  readonly relation?: object;
  readonly indexParams?: Node[];
  readonly indexIncludingParams?: Node[];
  readonly unique?: boolean;
  readonly whereClause?: Node;
  readonly accessMethod?: string;
}

/** The name that an index gets, also where Postgres chooses it. */
export function indexNameOf(
  schema: Schema,
  node: IndexNode,
): { readonly schema: string; readonly name: string } {
  const table = findTable(schema, node.relation);
  const [namespace = 'public', tableName = ''] = keyOf(schema, node.relation).split('.', 2);
  const home = table?.schema ?? namespace;
  if (node.idxname !== undefined) return { schema: home, name: node.idxname };
  const names = elementsOf(node.indexParams).map(({ name, expr }) => name ?? expressionName(expr));
  return {
    schema: home,
    name: chooseName(tableName, names, 'idx', (name) => isRelationName(schema, home, name)),
  };
}

/** As Postgres calls a column of an index that is an expression: by its function, `expr` for everything else. */
function expressionName(expression: Node | undefined): string {
  const { FuncCall, CoalesceExpr, TypeCast } = (expression ?? {}) as {
    FuncCall?: { funcname?: Node[] };
    CoalesceExpr?: object;
    TypeCast?: { arg?: Node; typeName?: { names?: Node[] } };
  };
  if (FuncCall !== undefined) return nameParts(FuncCall.funcname).at(-1) ?? 'expr';
  if (CoalesceExpr !== undefined) return 'coalesce';
  if (TypeCast !== undefined) {
    const inner = expressionName(TypeCast.arg);
    return inner === 'expr' ? (nameParts(TypeCast.typeName?.names).at(-1) ?? 'expr') : inner;
  }
  return 'expr';
}

export function elementsOf(
  nodes: readonly Node[] | undefined,
): readonly { readonly name?: string; readonly expr?: Node }[] {
  return (nodes ?? []).flatMap(
    (item) => (item as { IndexElem?: { name?: string; expr?: Node } }).IndexElem ?? [],
  );
}

export function createIndex(schema: Schema, node: IndexNode): void {
  const { schema: home, name } = indexNameOf(schema, node);
  const key = `${home}.${name}`;
  if (schema.indexes.has(key)) return;
  schema.indexes.set(key, {
    schema: home,
    name,
    table: keyOf(schema, node.relation),
    columns: elementsOf(node.indexParams).map((element) => element.name ?? null),
    included: elementsOf(node.indexIncludingParams).flatMap((element) => element.name ?? []),
    isUnique: node.unique === true,
    isPartial: node.whereClause !== undefined,
    isPrimary: false,
    method: node.accessMethod ?? 'btree',
  });
}
