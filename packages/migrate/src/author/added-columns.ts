import type { Executor } from '../run/executor/executor.ts';
import type { ClassifiedStatement } from '../sql/classify.ts';
import { withoutSearchPath } from './introspect.ts';
import type { ColumnInfo, Introspection, TableInfo } from './introspection.ts';
import type { Fill } from './schema-diff.ts';

/** Watches how columns come to tables that were synced before, while a migration is replayed. */
export interface AddedColumns {
  /** To be called after each statement. */
  look(tx: Executor, statement: ClassifiedStatement): Promise<void>;
  /** What the server's rows hold in a column, from the moment it was first seen. */
  fillOf(table: TableInfo, column: ColumnInfo, isConstant: (defaultSql: string) => boolean): Fill;
}

interface FirstSight {
  readonly table_oid: number;
  readonly attnum: number;
  readonly type_oid: number;
  readonly default: string | null;
  /** Postgres kept the default's value for the rows that were there: it was added with it, in this statement. */
  readonly has_missing: boolean;
  /** Identity, generated, or of a domain, which may have a default of its own. */
  readonly is_special: boolean;
}

const ADDED_QUERY = `
  SELECT a.attrelid::int8::int4 AS table_oid, a.attnum::int4 AS attnum, a.atttypid::int8::int4 AS type_oid,
    pg_get_expr(d.adbin, d.adrelid) AS default, a.atthasmissing AS has_missing,
    a.attidentity <> '' OR a.attgenerated <> '' OR t.typtype = 'd' AS is_special
  FROM json_to_recordset($1::text::json) AS known(oid int8, attnum int4)
  JOIN pg_attribute a ON a.attrelid = known.oid::oid AND a.attnum > known.attnum AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum`;

/** Statements that can't add a column. */
const HARMLESS: ReadonlySet<ClassifiedStatement['kind']> = new Set([
  'electric',
  'transaction',
  'other',
  'dml',
]);

export function observeAddedColumns(before: Introspection): AddedColumns {
  const highest = before.tables.map(({ oid, columns }) => ({
    oid,
    attnum: Math.max(0, ...columns.map(({ attnum }) => attnum)),
  }));
  const seen = new Map<string, FirstSight>();
  return {
    async look(tx, statement) {
      if (highest.length === 0 || HARMLESS.has(statement.kind)) return;
      const rows = await withoutSearchPath(tx, () =>
        tx.query<FirstSight>(ADDED_QUERY, [JSON.stringify(highest)]),
      );
      for (const row of rows) {
        const id = `${row.table_oid}.${row.attnum}`;
        if (!seen.has(id)) seen.set(id, row);
      }
    },
    fillOf(table, column, isConstant) {
      const first = seen.get(`${table.oid}.${column.attnum}`);
      // Converted or otherwise made anew since: its values went through something that can't be read off.
      if (first === undefined || !column.typeId.startsWith(`${first.type_oid}:`)) return { kind: 'unknown' };
      if (first.is_special) return { kind: 'unknown' };
      if (first.default === null) return { kind: 'null' };
      return first.has_missing && isConstant(first.default)
        ? { kind: 'constant', default: first.default }
        : { kind: 'unknown' };
    },
  };
}
