import type { StructureQuery } from './prelude.ts';

const OWN_TYPE = `JOIN ns n ON n.oid = t.typnamespace
  WHERE NOT EXISTS (SELECT FROM extension_part e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)`;

const ENUMS: StructureQuery = `
  SELECT 'type ' || n.name || '.' || quote_ident(t.typname), 'enum (' || coalesce((
      SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid
    ), '') || ')'
  FROM pg_type t ${OWN_TYPE} AND t.typtype = 'e'`;

const COLLATION = `quote_ident(cn.nspname) || '.' || quote_ident(c.collname)
  FROM pg_collation c JOIN pg_namespace cn ON cn.oid = c.collnamespace`;

const DOMAINS: StructureQuery = `
  SELECT 'type ' || n.name || '.' || quote_ident(t.typname), concat_ws(' ', 'domain over',
    format_type(t.typbasetype, t.typtypmod),
    (SELECT 'collate ' || ${COLLATION} JOIN pg_type b ON b.oid = t.typbasetype
      WHERE c.oid = t.typcollation AND t.typcollation <> b.typcollation),
    CASE WHEN t.typnotnull THEN 'not null' END,
    'default ' || coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
    (SELECT string_agg('constraint ' || quote_ident(con.conname) || ' ' || pg_get_constraintdef(con.oid), ' '
        ORDER BY con.conname COLLATE "C")
      FROM pg_constraint con WHERE con.contypid = t.oid AND con.contype = 'c'))
  FROM pg_type t ${OWN_TYPE} AND t.typtype = 'd'`;

const COMPOSITES: StructureQuery = `
  SELECT 'type ' || n.name || '.' || quote_ident(t.typname), 'composite (' || coalesce((
      SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) || coalesce((
          SELECT ' collate ' || ${COLLATION} JOIN pg_type b ON b.oid = a.atttypid
          WHERE c.oid = a.attcollation AND a.attcollation <> b.typcollation
        ), ''), ', ' ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ), '') || ')'
  FROM pg_type t JOIN pg_class k ON k.oid = t.typrelid AND k.relkind = 'c' ${OWN_TYPE}`;

const RANGES: StructureQuery = `
  SELECT 'type ' || n.name || '.' || quote_ident(t.typname), concat_ws(' ', 'range of', format_type(r.rngsubtype, NULL),
    (SELECT 'collate ' || ${COLLATION} JOIN pg_type b ON b.oid = r.rngsubtype
      WHERE c.oid = r.rngcollation AND r.rngcollation <> b.typcollation),
    (SELECT 'operator class ' || quote_ident(o.opcname) FROM pg_opclass o WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
    'canonical ' || nullif(r.rngcanonical::oid, 0)::regproc,
    'difference ' || nullif(r.rngsubdiff::oid, 0)::regproc,
    'multirange ' || format_type(r.rngmultitypid, NULL))
  FROM pg_type t JOIN pg_range r ON r.rngtypid = t.oid ${OWN_TYPE}`;

const COLLATIONS: StructureQuery = `
  SELECT 'collation ' || n.name || '.' || quote_ident(c.collname), concat_ws(' ',
    CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE c.collprovider::text END,
    quote_literal(coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate)),
    'rules ' || quote_literal(to_jsonb(c) ->> 'collicurules'),
    CASE WHEN NOT c.collisdeterministic THEN 'nondeterministic' END)
  FROM pg_collation c JOIN ns n ON n.oid = c.collnamespace
  WHERE NOT EXISTS (SELECT FROM extension_part e WHERE e.classid = 'pg_collation'::regclass AND e.objid = c.oid)`;

export const TYPE_QUERIES: readonly StructureQuery[] = [ENUMS, DOMAINS, COMPOSITES, RANGES, COLLATIONS];
