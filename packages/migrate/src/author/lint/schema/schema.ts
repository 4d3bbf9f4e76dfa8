import type { Node } from 'libpg-query';
import type { TableName } from '../../../sql/token-reader.ts';
import type { TypeRef } from './type-ref.ts';

export interface Column {
  name: string;
  type: TypeRef;
  notNull: boolean;
  default: Node | null;
  isIdentity: boolean;
  /** Its default is a sequence of its own. */
  isSerial: boolean;
  generated: 'stored' | 'virtual' | null;
  collation: string | null;
}

export interface Constraint {
  name: string;
  readonly kind: 'check' | 'unique' | 'primary' | 'foreign' | 'exclude' | 'not-null';
  columns: string[];
  /** Of a foreign key: the key of the table that it refers to. */
  references: string | null;
  isValid: boolean;
  /** Of a check: the expression. */
  readonly expression: Node | null;
}

export interface Index {
  schema: string;
  name: string;
  /** Its table's key. */
  readonly table: string;
  /** Null for an expression. */
  columns: (string | null)[];
  readonly included: readonly string[];
  readonly isUnique: boolean;
  readonly isPartial: boolean;
  readonly isPrimary: boolean;
  readonly method: string;
}

export interface Table {
  schema: string;
  name: string;
  readonly columns: Column[];
  readonly constraints: Constraint[];
  readonly persistence: 'permanent' | 'unlogged' | 'temporary';
  readonly isPartitioned: boolean;
  /** The key of the table of which it is a partition. */
  parent: string | null;
  /** The file that creates it. */
  readonly file: string;
  isSynced: boolean;
  hasFullReplicaIdentity: boolean;
  readonly triggers: Map<string, Node>;
  readonly policies: Set<string>;
}

export interface View {
  schema: string;
  name: string;
  readonly isMaterialized: boolean;
  readonly query: Node | null;
  /** Its statement's text, to make it anew. */
  readonly sql: string;
  /** Names of its columns, or null where they can't be read off. */
  readonly columns: readonly string[] | null;
  readonly file: string;
}

export interface EnumType {
  schema: string;
  name: string;
  readonly labels: string[];
  readonly file: string;
}

export interface Domain {
  schema: string;
  name: string;
  readonly type: TypeRef;
  isConstrained: boolean;
}

export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly body: string;
  readonly sql: string;
  readonly volatility: 'immutable' | 'stable' | 'volatile';
}

/**
 * The schema as the statements so far have left it, from their parse nodes alone: to lint five hundred files no
 * database is asked. A property test compares it with the catalogue. Changed in place by `applyStatement`.
 */
export interface Schema {
  /** Where names without a schema lie. */
  searchPath: string;
  readonly tables: Map<string, Table>;
  readonly indexes: Map<string, Index>;
  readonly views: Map<string, View>;
  readonly enums: Map<string, EnumType>;
  readonly domains: Map<string, Domain>;
  readonly routines: Map<string, Routine>;
  readonly sequences: Set<string>;
}

export function emptySchema(): Schema {
  return {
    searchPath: 'public',
    tables: new Map(),
    indexes: new Map(),
    views: new Map(),
    enums: new Map(),
    domains: new Map(),
    routines: new Map(),
    sequences: new Set(),
  };
}

/** A name as parse nodes have it. */
export interface RangeName {
  readonly schemaname?: string | undefined;
  readonly relname?: string | undefined;
}

/** `schema.name`, the key of every map. */
export function keyOf(schema: Schema, name: RangeName | undefined): string {
  return `${name?.schemaname ?? schema.searchPath}.${name?.relname ?? ''}`;
}

/** The same of a qualified name's parts. */
export function keyOfParts(schema: Schema, parts: readonly string[]): string {
  return `${parts.length > 1 ? parts.at(-2) : schema.searchPath}.${parts.at(-1) ?? ''}`;
}

export function tableNameOf(key: string): TableName {
  const dot = key.indexOf('.');
  return { schema: key.slice(0, dot), name: key.slice(dot + 1) };
}

export function findTable(schema: Schema, name: RangeName | undefined): Table | null {
  return schema.tables.get(keyOf(schema, name)) ?? null;
}

export function findColumn(table: Table | null, name: string | undefined): Column | null {
  return table?.columns.find((column) => column.name === name) ?? null;
}

export function primaryKey(table: Table | null): Constraint | null {
  return table?.constraints.find(({ kind }) => kind === 'primary') ?? null;
}

export function indexesOf(schema: Schema, key: string): readonly Index[] {
  return [...schema.indexes.values()].filter(({ table }) => table === key);
}

/** Tables with a foreign key to this one. */
export function referencingTables(schema: Schema, key: string): readonly Table[] {
  return [...schema.tables.values()].filter((table) =>
    table.constraints.some(({ references }) => references === key),
  );
}
