/** An object with a name in a schema. Objects keep their OID when they are renamed, which is how renames are known. */
export interface NamedObject {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

export interface EnumType extends NamedObject {
  readonly labels: readonly { readonly oid: number; readonly text: string }[];
}

/** A domain or a sequence; `definition` is what stands behind its name in CREATE. */
export interface DefinedObject extends NamedObject {
  readonly definition: string;
}

export interface Sequence extends DefinedObject {
  /** The column that it goes away with. Sequences of identity columns belong to their column and are not listed. */
  readonly ownerTable: number | null;
  readonly ownerAttnum: number | null;
}

export interface Column {
  readonly attnum: number;
  readonly name: string;
  /** As SQL, with its schema where it isn't Postgres's own. */
  readonly type: string;
  readonly typeOid: number;
  readonly notNull: boolean;
  readonly default: string | null;
  /** `STORED` or `VIRTUAL`: `default` is the expression then. */
  readonly generated: 'STORED' | 'VIRTUAL' | null;
  readonly identity: 'a' | 'd' | null;
  /** The options of the identity's sequence, as SQL in parentheses. */
  readonly identityOptions: string | null;
  readonly collation: string | null;
}

export interface Table extends NamedObject {
  readonly isUnlogged: boolean;
  readonly rowSecurity: boolean;
  readonly forcesRowSecurity: boolean;
  readonly columns: readonly Column[];
}

/** Something that belongs to a table and has a name there. */
export interface TablePart {
  readonly oid: number;
  readonly table: number;
  readonly name: string;
  readonly definition: string;
}

export interface Constraint extends TablePart {
  readonly kind: 'p' | 'u' | 'f' | 'c' | 'x';
  readonly attnums: readonly number[];
}

export interface Index extends TablePart {
  readonly schema: string;
}

export interface Trigger extends TablePart {
  /** Postgres's `tgenabled`: `O` origin, `D` disabled, `R` replica, `A` always. */
  readonly enabled: 'O' | 'D' | 'R' | 'A';
}

export interface View extends DefinedObject {
  readonly isMaterialized: boolean;
  /** Tables and views that it reads. */
  readonly reads: readonly number[];
}

export interface Routine extends NamedObject {
  /** `FUNCTION app.f(integer)`: what DROP and ALTER need. */
  readonly signature: string;
  readonly definition: string;
}

/** A database as its catalogue has it, object by object, without our own schemas and those of extensions. */
export interface Catalogue {
  readonly schemas: readonly { readonly oid: number; readonly name: string }[];
  readonly enums: readonly EnumType[];
  readonly domains: readonly DefinedObject[];
  readonly sequences: readonly Sequence[];
  readonly tables: readonly Table[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
  readonly triggers: readonly Trigger[];
  readonly policies: readonly TablePart[];
  readonly views: readonly View[];
  readonly routines: readonly Routine[];
  /** What no down is generated for, each with its definition: partitions, aggregates, rules, composite types … */
  readonly others: readonly string[];
}

export const EMPTY_CATALOGUE: Catalogue = {
  schemas: [],
  enums: [],
  domains: [],
  sequences: [],
  tables: [],
  constraints: [],
  indexes: [],
  triggers: [],
  policies: [],
  views: [],
  routines: [],
  others: [],
};
