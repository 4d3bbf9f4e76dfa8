import type { Executor } from '../run/executor/executor.ts';
import type { Parser } from '../sql/parser.ts';
import { tokenize } from '../sql/token.ts';
import {
  COLUMNS_QUERY,
  CONSTRAINTS_QUERY,
  type ColumnRow,
  type ConstraintRow,
  ENUMS_QUERY,
  type EnumRow,
  INDEXES_QUERY,
  type IndexRow,
  TABLES_QUERY,
  type TableRow,
} from './catalogue-queries.ts';
import { isConstantExpression } from './constant-expression.ts';
import type { ColumnInfo, Introspection, TableInfo } from './introspection.ts';

/** Describes the tables with these OIDs; an OID of no table is left out. Run it in a transaction. */
export async function introspect(
  db: Executor,
  parser: Parser,
  oids: readonly number[],
): Promise<Introspection> {
  return withoutSearchPath(db, async () => {
    const params = [`{${oids.join(',')}}`];
    const tables = await db.query<TableRow>(TABLES_QUERY, params);
    const columns = await db.query<ColumnRow>(COLUMNS_QUERY, params);
    const indexes = await db.query<IndexRow>(INDEXES_QUERY, params);
    const constraints = await db.query<ConstraintRow>(CONSTRAINTS_QUERY, params);
    const enumOids = columns.flatMap((column) => column.enum_oid ?? []);
    const enums = await db.query<EnumRow>(ENUMS_QUERY, [`{${enumOids.join(',')}}`]);
    return {
      tables: tables.map((table) => toTable(parser, table, { columns, indexes, constraints })),
      enums: enums.map((row) => ({ oid: row.oid, schema: row.schema, name: row.name, labels: row.labels })),
    };
  });
}

/** Runs with an empty search path, so that Postgres writes every name with its schema. Run it in a transaction. */
export async function withoutSearchPath<T>(db: Executor, body: () => Promise<T>): Promise<T> {
  const [row] = await db.query<{ path: string }>(
    `SELECT current_setting('search_path') AS path, set_config('search_path', '', true)`,
  );
  const result = await body();
  await db.query(`SELECT set_config('search_path', $1, true)`, [row?.path ?? 'public']);
  return result;
}

interface Rows {
  readonly columns: readonly ColumnRow[];
  readonly indexes: readonly IndexRow[];
  readonly constraints: readonly ConstraintRow[];
}

function toTable(parser: Parser, table: TableRow, rows: Rows): TableInfo {
  const constraints = rows.constraints.filter((row) => row.table_oid === table.oid);
  const key = constraints.find((row) => row.kind === 'key');
  return {
    oid: table.oid,
    schema: table.schema,
    name: table.name,
    columns: rows.columns.filter((row) => row.table_oid === table.oid).map((row) => toColumn(parser, row)),
    key: key === undefined ? null : { name: key.name, attnums: key.attnums },
    indexes: rows.indexes
      .filter((row) => row.table_oid === table.oid)
      .map((row) => ({ oid: row.oid, name: row.name, definition: toPlainIndex(row.definition) })),
    constraints: constraints.flatMap(({ oid, name, kind, columns, definition }) =>
      kind === 'key' ? [] : [{ oid, name, kind, columns, definition }],
    ),
  };
}

function toColumn(parser: Parser, row: ColumnRow): ColumnInfo {
  // A domain's default and a cast to a domain are nothing that a replica can have.
  const isConstant =
    row.default !== null && !row.is_domain && !row.identity && isConstantExpression(parser, row.default);
  return {
    attnum: row.attnum,
    name: row.name,
    typeId: row.type_id,
    type: row.type,
    typeSql: row.type_sql,
    typeKind: row.type_kind,
    enumOid: row.enum_oid,
    notNull: row.not_null,
    default: row.default,
    constantDefault: isConstant ? row.default : null,
    generated: row.generated,
  };
}

/** A replica enforces nothing: `CREATE UNIQUE INDEX` becomes `CREATE INDEX`. */
function toPlainIndex(definition: string): string {
  const dropped = [['unique'], ['only'], ['nulls', 'not', 'distinct']];
  const tokens = tokenize(definition);
  const wordAt = (index: number) => {
    const token = tokens[index];
    return token?.kind === 'word' ? definition.slice(token.start, token.end).toLowerCase() : null;
  };
  let text = '';
  let copied = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const words = dropped.find((candidate) =>
      candidate.every((word, offset) => wordAt(index + offset) === word),
    );
    const first = tokens[index];
    if (words === undefined || first === undefined) continue;
    text += definition.slice(copied, first.start);
    index += words.length - 1;
    copied = tokens[index + 1]?.start ?? definition.length;
  }
  return (text + definition.slice(copied)).trimEnd();
}
