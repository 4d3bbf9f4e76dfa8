/** Every query takes an array of OIDs, and is run with an empty search path. Objects below this OID are Postgres's own. */
const FIRST_USER_OID = 16384;

export interface TableRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
}

export const TABLES_QUERY = `
  SELECT c.oid::int8::int4 AS oid, n.nspname AS schema, c.relname AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = ANY ($1::text::oid[]) AND c.relkind IN ('r', 'p')
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

export interface ColumnRow {
  readonly table_oid: number;
  readonly attnum: number;
  readonly name: string;
  readonly type_id: string;
  readonly type: string;
  readonly type_sql: string;
  readonly type_kind: 'builtin' | 'enum' | 'other';
  readonly enum_oid: number | null;
  readonly not_null: boolean;
  readonly default: string | null;
  readonly generated: boolean;
  readonly identity: boolean;
  readonly is_domain: boolean;
}

/** `resolved` follows domains, and domains in arrays, down to the base type. */
export const COLUMNS_QUERY = `
  WITH RECURSIVE resolved AS (
    SELECT a.attrelid, a.attnum, a.atttypid AS type_oid, a.atttypmod AS typmod, 0 AS depth, NULL::text COLLATE "C" AS domain_default
    FROM pg_attribute a
    WHERE a.attrelid = ANY ($1::text::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT r.attrelid, r.attnum,
      CASE WHEN t.typtype = 'd' THEN t.typbasetype
        ELSE (SELECT base.typarray FROM pg_type base WHERE base.oid = element.typbasetype) END,
      CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE element.typtypmod END,
      r.depth + 1,
      coalesce(r.domain_default, CASE WHEN t.typtype = 'd' THEN pg_get_expr(t.typdefaultbin, 0) END) COLLATE "C"
    FROM resolved r
    JOIN pg_type t ON t.oid = r.type_oid
    LEFT JOIN pg_type element ON element.oid = t.typelem AND t.typcategory = 'A' AND element.typtype = 'd'
    WHERE t.typtype = 'd' OR element.oid IS NOT NULL
  ), base AS (
    SELECT DISTINCT ON (attrelid, attnum) * FROM resolved ORDER BY attrelid, attnum, depth DESC
  )
  SELECT a.attrelid::int8::int4 AS table_oid, a.attnum::int4 AS attnum, a.attname AS name,
    base.type_oid || ':' || base.typmod AS type_id,
    CASE WHEN leaf.oid < ${FIRST_USER_OID} THEN format_type(base.type_oid, base.typmod)
      WHEN leaf_schema.nspname = 'public' THEN quote_ident(leaf.typname) || array_suffix.text
      ELSE quote_ident(leaf_schema.nspname) || '.' || quote_ident(leaf.typname) || array_suffix.text END AS type,
    CASE WHEN leaf.oid < ${FIRST_USER_OID} THEN format_type(base.type_oid, base.typmod)
      ELSE quote_ident(leaf_schema.nspname) || '.' || quote_ident(leaf.typname) || array_suffix.text END AS type_sql,
    CASE WHEN leaf.oid < ${FIRST_USER_OID} THEN 'builtin' WHEN leaf.typtype = 'e' THEN 'enum' ELSE 'other' END AS type_kind,
    CASE WHEN leaf.typtype = 'e' THEN leaf.oid::int8::int4 END AS enum_oid,
    a.attnotnull OR EXISTS (
      SELECT FROM resolved r JOIN pg_type t ON t.oid = r.type_oid
      WHERE r.attrelid = a.attrelid AND r.attnum = a.attnum AND t.typtype = 'd' AND t.typnotnull
    ) AS not_null,
    CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), base.domain_default) END AS default,
    a.attgenerated <> '' AS generated, a.attidentity <> '' AS identity, base.depth > 0 AS is_domain
  FROM base
  JOIN pg_attribute a ON a.attrelid = base.attrelid AND a.attnum = base.attnum
  JOIN pg_type t ON t.oid = base.type_oid
  JOIN pg_type leaf ON leaf.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
  JOIN pg_namespace leaf_schema ON leaf_schema.oid = leaf.typnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum,
  LATERAL (SELECT CASE WHEN leaf.oid = t.oid THEN '' ELSE '[]' END AS text) array_suffix
  ORDER BY a.attrelid, a.attnum`;

export interface IndexRow {
  readonly oid: number;
  readonly table_oid: number;
  readonly name: string;
  readonly definition: string;
}

/** Without the primary key's, and without those that need a function, operator class or the like that a replica lacks. */
export const INDEXES_QUERY = `
  SELECT i.indexrelid::int8::int4 AS oid, i.indrelid::int8::int4 AS table_oid, c.relname AS name,
    pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = ANY ($1::text::oid[]) AND NOT i.indisprimary AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid >= ${FIRST_USER_OID}
      AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass,
        'pg_opfamily'::regclass, 'pg_collation'::regclass, 'pg_am'::regclass)
  )
  ORDER BY c.relname COLLATE "C"`;

export interface ConstraintRow {
  readonly oid: number;
  readonly table_oid: number;
  readonly name: string;
  readonly kind: 'check' | 'unique' | 'foreign-key' | 'key';
  readonly attnums: readonly number[];
  readonly columns: readonly string[];
  readonly definition: string;
}

export const CONSTRAINTS_QUERY = `
  SELECT con.oid::int8::int4 AS oid, con.conrelid::int8::int4 AS table_oid, con.conname AS name,
    CASE con.contype WHEN 'c' THEN 'check' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign-key' ELSE 'key' END AS kind,
    coalesce(con.conkey, '{}')::int4[] AS attnums,
    ARRAY(
      SELECT a.attname::text FROM unnest(con.conkey) WITH ORDINALITY AS k(attnum, position)
      JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.attnum ORDER BY k.position
    ) AS columns,
    pg_get_constraintdef(con.oid) AS definition
  FROM pg_constraint con
  WHERE con.conrelid = ANY ($1::text::oid[]) AND con.contype IN ('c', 'u', 'f', 'p')
  ORDER BY con.conname COLLATE "C"`;

export interface EnumRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly labels: readonly { readonly oid: number; readonly text: string }[];
}

export const ENUMS_QUERY = `
  SELECT t.oid::int8::int4 AS oid, n.nspname AS schema, t.typname AS name,
    (SELECT coalesce(json_agg(json_build_object('oid', e.oid::int8, 'text', e.enumlabel) ORDER BY e.enumsortorder), '[]')
      FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE t.oid = ANY ($1::text::oid[])
  ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"`;
