/** What is read and rewritten of drizzle-kit 0.31's snapshots (version 7); the rest is carried along as it is. */
export interface Snapshot {
  readonly id: string;
  readonly prevId: string;
  readonly version: string;
  readonly dialect: string;
  readonly tables: Entries<TableSnapshot>;
  readonly enums: Entries<NamedSnapshot>;
  readonly schemas: Readonly<Record<string, string>>;
  readonly sequences: Entries<NamedSnapshot>;
  readonly roles: Entries<{ readonly name: string }>;
  readonly policies: Entries<PolicySnapshot>;
  readonly views: Entries<NamedSnapshot & { readonly materialized?: boolean; readonly definition?: string }>;
  readonly _meta?: unknown;
}

type Entries<T> = Readonly<Record<string, T>>;

/** `schema` is empty, absent or `public` for the schema public, depending on the kind. */
export interface NamedSnapshot {
  readonly name: string;
  readonly schema?: string;
}

export interface TableSnapshot extends NamedSnapshot {
  readonly columns: Entries<ColumnSnapshot>;
  readonly indexes: Entries<IndexSnapshot>;
  readonly foreignKeys: Entries<ForeignKeySnapshot>;
  readonly compositePrimaryKeys: Entries<{ readonly name: string; readonly columns: readonly string[] }>;
  readonly uniqueConstraints: Entries<{ readonly name: string; readonly columns: readonly string[] }>;
  readonly policies: Entries<PolicySnapshot>;
  readonly checkConstraints: Entries<{ readonly name: string; readonly value: string }>;
}

export interface ColumnSnapshot {
  readonly name: string;
  readonly type: string;
  readonly typeSchema?: string;
  readonly notNull: boolean;
  readonly primaryKey?: boolean;
  readonly identity?: { readonly name: string };
}

export interface IndexSnapshot {
  readonly name: string;
  readonly columns: readonly { readonly expression: string; readonly isExpression: boolean }[];
}

export interface ForeignKeySnapshot {
  readonly name: string;
  readonly tableFrom: string;
  readonly schemaFrom?: string;
  readonly tableTo: string;
  readonly schemaTo?: string;
  readonly columnsFrom: readonly string[];
  readonly columnsTo: readonly string[];
}

export interface PolicySnapshot {
  readonly name: string;
  readonly on?: string;
  readonly to?: readonly string[];
}

const ORIGIN_ID = '00000000-0000-0000-0000-000000000000';

/** Before the first migration. */
export const EMPTY_SNAPSHOT: Snapshot = {
  id: ORIGIN_ID,
  prevId: '',
  version: '7',
  dialect: 'postgresql',
  tables: {},
  enums: {},
  schemas: {},
  sequences: {},
  roles: {},
  policies: {},
  views: {},
  _meta: { columns: {}, schemas: {}, tables: {} },
};

/** `public` for what drizzle-kit leaves out or empty. */
export function schemaOf(entry: { readonly schema?: string }): string {
  return entry.schema === undefined || entry.schema === '' ? 'public' : entry.schema;
}

/** `0007` of 7. */
export function formatIndex(index: number): string {
  return String(index).padStart(4, '0');
}
