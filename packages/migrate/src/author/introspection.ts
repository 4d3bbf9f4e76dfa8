/** A synced table as the catalogue has it after a migration. `oid` and `attnum` tell a rename from drop and add. */
export interface TableInfo {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** In the table's order. */
  readonly columns: readonly ColumnInfo[];
  readonly key: KeyInfo | null;
  /** All but the primary key's, by name. */
  readonly indexes: readonly IndexInfo[];
  readonly constraints: readonly ConstraintInfo[];
}

export interface ColumnInfo {
  readonly attnum: number;
  readonly name: string;
  /** Its type, a domain's base type in place of the domain: equal ids, equal types. */
  readonly typeId: string;
  /** As `format_type` says with the default search path. */
  readonly type: string;
  /** The same, safe in any search path. */
  readonly typeSql: string;
  /** `other`: a type that a replica can't have (composite, of an extension). */
  readonly typeKind: 'builtin' | 'enum' | 'other';
  /** The enum type, also that of an array's elements. */
  readonly enumOid: number | null;
  readonly notNull: boolean;
  /** The default as SQL, or null. */
  readonly default: string | null;
  /** The default when it is the same value for every row at every time, and a replica can have it; or null. */
  readonly constantDefault: string | null;
  readonly generated: boolean;
}

export interface KeyInfo {
  readonly name: string;
  readonly attnums: readonly number[];
}

export interface IndexInfo {
  readonly oid: number;
  readonly name: string;
  /** `CREATE INDEX …` without UNIQUE. */
  readonly definition: string;
}

export interface ConstraintInfo {
  readonly oid: number;
  readonly name: string;
  readonly kind: 'check' | 'unique' | 'foreign-key';
  readonly columns: readonly string[];
  readonly definition: string;
}

export interface EnumInfo {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly labels: readonly { readonly oid: number; readonly text: string }[];
}

/** The synced tables of a version and the enum types that they use, each sorted by schema and name. */
export interface Introspection {
  readonly tables: readonly TableInfo[];
  readonly enums: readonly EnumInfo[];
}
