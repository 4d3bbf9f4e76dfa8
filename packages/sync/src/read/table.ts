import type { PGliteInterface } from '@electric-sql/pglite';
import { formatQualifiedName, type QualifiedName, quoteLiteral } from '@lockstep/protocol';

/** A column of the local table; `type` is what Postgres's `format_type` says. */
export interface LocalColumn {
  readonly name: string;
  readonly type: string;
}

/** A table of the local database, as its catalogue has it. */
export interface LocalTable extends QualifiedName {
  readonly columns: readonly LocalColumn[];
  /** The primary key's columns in their order. */
  readonly key: readonly string[];
}

interface Row {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly LocalColumn[];
  readonly key: readonly string[];
}

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name,
    json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum) AS columns,
    coalesce((SELECT json_agg(k.attname ORDER BY array_position(i.indkey::int2[], k.attnum))
      FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey::int2[])
      WHERE i.indrelid = c.oid AND i.indisprimary), '[]') AS key
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'lockstep', 'drizzle')
    AND n.nspname NOT LIKE 'pg\\_temp%' AND n.nspname NOT LIKE 'pg\\_toast%'
  GROUP BY n.nspname, c.oid, c.relname
  ORDER BY n.nspname, c.relname`;

/** The local database's own tables, those of `public` by their bare name and the others as `schema.name`. */
export async function readLocalTables(
  db: Pick<PGliteInterface, 'query'>,
): Promise<ReadonlyMap<string, LocalTable>> {
  const { rows } = await db.query<Row>(TABLES);
  return new Map(rows.map((row) => [row.schema === 'public' ? row.name : `${row.schema}.${row.name}`, row]));
}

/** Which of these tables have rows, in one statement: at a start the page's queries stand in the same queue. */
export async function readFilledTables(
  db: Pick<PGliteInterface, 'query'>,
  tables: ReadonlyMap<string, QualifiedName>,
): Promise<ReadonlySet<string>> {
  if (tables.size === 0) return new Set();
  const looks = [...tables].map(
    ([name, table]) =>
      `SELECT ${quoteLiteral(name)} AS name WHERE EXISTS (SELECT FROM ${formatQualifiedName(table)})`,
  );
  const { rows } = await db.query<{ name: string }>(looks.join(' UNION ALL '));
  return new Set(rows.map(({ name }) => name));
}

export async function countRows(db: Pick<PGliteInterface, 'query'>, table: QualifiedName): Promise<number> {
  const { rows } = await db.query<{ count: string }>(
    `SELECT count(*)::text AS count FROM ${formatQualifiedName(table)}`,
  );
  return Number(rows[0]?.count ?? 0);
}
