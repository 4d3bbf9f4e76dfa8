import type { Session } from './connection.ts';
import type { Column, Table } from './source.ts';

interface TableRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly full_identity: boolean;
  readonly partitioned: boolean;
  readonly membership: string | null;
  readonly publishes_generated: boolean;
  readonly columns: readonly ColumnRow[] | null;
}

interface ColumnRow {
  readonly name: string;
  readonly position: number;
  readonly type_oid: number;
  readonly type_modifier: number;
  readonly type_name: string;
  readonly type_kind: string;
  readonly is_array: boolean;
  readonly dimensions: number;
  readonly not_null: boolean;
  readonly generated: string;
  readonly key_index: number | null;
}

// One statement, so that it sees one state of the catalogue. Views and foreign tables are not tables here.
const TABLE_SQL = `
SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name,
       c.relreplident = 'f' AS full_identity, c.relkind = 'p' AS partitioned,
       CASE WHEN p.puballtables THEN 'all'
            ELSE (SELECT r.oid::text FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid) END AS membership,
       coalesce(to_jsonb(p) ->> 'pubgencols', 'n') = 's' AS publishes_generated,
       (SELECT json_agg(json_build_object(
          'name', a.attname, 'position', a.attnum, 'type_oid', a.atttypid::int8, 'type_modifier', a.atttypmod,
          'type_name', coalesce(e.typname, t.typname), 'type_kind', coalesce(e.typtype, t.typtype),
          'is_array', e.oid IS NOT NULL, 'dimensions', a.attndims, 'not_null', a.attnotnull,
          'generated', a.attgenerated, 'key_index', array_position(i.indkey::int2[], a.attnum)) ORDER BY a.attnum)
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' AND t.typlen = -1
        LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_publication p ON p.pubname = $1
WHERE c.relkind IN ('r', 'p') AND n.nspname = $2 AND c.relname = $3`;

/** The table as it is now, or null when there is none of that name. */
export async function inspectTable(
  session: Pick<Session, 'query'>,
  publication: string,
  schema: string,
  name: string,
): Promise<Table | null> {
  const [row] = await session.query<TableRow>(TABLE_SQL, [publication, schema, name]);
  if (row === undefined) return null;
  return {
    oid: Number(row.oid),
    schema: row.schema,
    name: row.name,
    hasFullIdentity: row.full_identity,
    isPartitioned: row.partitioned,
    membership: row.membership,
    publishesGenerated: row.publishes_generated,
    columns: (row.columns ?? []).map(toColumn),
  };
}

function toColumn(row: ColumnRow): Column {
  return {
    name: row.name,
    position: row.position,
    typeOid: row.type_oid,
    typeModifier: row.type_modifier,
    typeName: row.type_name,
    typeKind: row.type_kind === 'b' ? 'base' : row.type_kind === 'e' ? 'enum' : 'other',
    isArray: row.is_array,
    dimensions: row.dimensions,
    notNull: row.not_null,
    generated: row.generated !== '',
    keyIndex: row.key_index,
  };
}
