import type {
  ColumnInfo,
  ConstraintInfo,
  EnumInfo,
  IndexInfo,
  Introspection,
  TableInfo,
} from './introspection.ts';

/**
 * What the server's rows that were there before hold in an added column: nothing, a constant, or what only the server
 * knows. `default` is the one that the column was added with: the migration may have changed it since.
 */
export type Fill =
  | { readonly kind: 'null' }
  | { readonly kind: 'constant'; readonly default: string }
  | { readonly kind: 'unknown' };

/** What can't be seen in the catalogue afterwards. */
export interface DiffHints {
  /** The fill of a column that the migration added to a table that was synced before. */
  readonly fillOf: (table: TableInfo, column: ColumnInfo) => Fill;
}

/** Two introspections of one replayed database, matched by OID and attnum. */
export interface SchemaDiff {
  readonly before: Introspection;
  readonly after: Introspection;
  readonly droppedTables: readonly TableInfo[];
  readonly createdTables: readonly TableInfo[];
  readonly keptTables: readonly TableDiff[];
  readonly droppedEnums: readonly EnumInfo[];
  readonly createdEnums: readonly EnumInfo[];
  readonly keptEnums: readonly { readonly before: EnumInfo; readonly after: EnumInfo }[];
}

export interface TableDiff {
  readonly before: TableInfo;
  readonly after: TableInfo;
  readonly droppedColumns: readonly ColumnInfo[];
  readonly addedColumns: readonly { readonly column: ColumnInfo; readonly fill: Fill }[];
  readonly keptColumns: readonly { readonly before: ColumnInfo; readonly after: ColumnInfo }[];
  readonly isKeyChanged: boolean;
  readonly droppedIndexes: readonly IndexInfo[];
  readonly createdIndexes: readonly IndexInfo[];
  readonly areConstraintsChanged: boolean;
}

export function diffSchema(before: Introspection, after: Introspection, hints: DiffHints): SchemaDiff {
  const tables = match(before.tables, after.tables, (table) => table.oid);
  const enums = match(before.enums, after.enums, (type) => type.oid);
  return {
    before,
    after,
    droppedTables: tables.dropped,
    createdTables: tables.created,
    keptTables: tables.kept.map((pair) => diffTable(pair.before, pair.after, hints)),
    droppedEnums: enums.dropped,
    createdEnums: enums.created,
    keptEnums: enums.kept,
  };
}

function diffTable(before: TableInfo, after: TableInfo, hints: DiffHints): TableDiff {
  const columns = match(before.columns, after.columns, (column) => column.attnum);
  const indexes = diffIndexes(before.indexes, after.indexes);
  return {
    before,
    after,
    droppedColumns: columns.dropped,
    addedColumns: columns.created.map((column) => ({ column, fill: hints.fillOf(after, column) })),
    keptColumns: columns.kept,
    isKeyChanged: before.key?.attnums.join() !== after.key?.attnums.join(),
    droppedIndexes: indexes.dropped,
    createdIndexes: indexes.created,
    areConstraintsChanged: areConstraintsChanged(before.constraints, after.constraints),
  };
}

/** An index that was only built anew (its column's type changed) is kept: a replica builds it anew itself. */
function diffIndexes(before: readonly IndexInfo[], after: readonly IndexInfo[]) {
  const isSame = (a: IndexInfo, b: IndexInfo) =>
    a.name === b.name && (a.oid === b.oid || a.definition === b.definition);
  return {
    dropped: before.filter((old) => !after.some((index) => isSame(old, index))),
    created: after.filter((index) => !before.some((old) => isSame(old, index))),
  };
}

/** Renames of the constraint, or of a column in it, change nothing of what it says. */
function areConstraintsChanged(before: readonly ConstraintInfo[], after: readonly ConstraintInfo[]): boolean {
  const isSame = (a: ConstraintInfo, b: ConstraintInfo) => a.oid === b.oid || a.definition === b.definition;
  return (
    before.length !== after.length ||
    before.some((old) => !after.some((constraint) => isSame(old, constraint)))
  );
}

function match<T>(before: readonly T[], after: readonly T[], idOf: (item: T) => number) {
  const old = new Map(before.map((item) => [idOf(item), item]));
  const ids = new Set(after.map(idOf));
  const kept: { before: T; after: T }[] = [];
  const created: T[] = [];
  for (const item of after) {
    const known = old.get(idOf(item));
    if (known === undefined) created.push(item);
    else kept.push({ before: known, after: item });
  }
  return { dropped: before.filter((item) => !ids.has(idOf(item))), created, kept };
}
