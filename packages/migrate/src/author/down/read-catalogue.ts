import type { Executor } from '../../run/executor/executor.ts';
import { withoutSearchPath } from '../introspect.ts';
import type { Catalogue } from './catalogue.ts';

/** Describes a whole database. One round trip; run it in a transaction. */
export function readCatalogue(tx: Executor): Promise<Catalogue> {
  return withoutSearchPath(tx, async () => {
    const [row] = await tx.query<{ catalogue: string }>(CATALOGUE_QUERY);
    return JSON.parse(row?.catalogue ?? '{}') as Catalogue;
  });
}

/** Schemas whose objects are the database's, this engine's, or an extension's. */
const OWN_SCHEMAS = `('lockstep', 'drizzle', 'electric', 'information_schema')`;

const list = (rows: string) => `(SELECT coalesce(json_agg(item), '[]') FROM (${rows}) AS item)`;

const SCHEMAS = `SELECT oid::int8 AS oid, nspname AS name FROM own WHERE nspname <> 'public' ORDER BY oid`;

const LABELS = `
  SELECT e.oid::int8 AS oid, e.enumlabel AS text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder`;

const ENUMS = `
  SELECT t.oid::int8 AS oid, n.nspname AS schema, t.typname AS name,
    ${list(LABELS)} AS labels
  FROM pg_type t JOIN own n ON n.oid = t.typnamespace
  WHERE t.typtype = 'e' AND NOT is_part('pg_type'::regclass, t.oid) ORDER BY t.oid`;

const DOMAINS = `
  SELECT t.oid::int8 AS oid, n.nspname AS schema, t.typname AS name,
    'AS ' || format_type(t.typbasetype, t.typtypmod)
      || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
      || coalesce((SELECT string_agg(format(' CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), '' ORDER BY c.oid)
        FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'), '') AS definition
  FROM pg_type t JOIN own n ON n.oid = t.typnamespace
  WHERE t.typtype = 'd' AND NOT is_part('pg_type'::regclass, t.oid) ORDER BY t.oid`;

const sequenceOptions = (s: string) => `format(
  'INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s',
  ${s}.seqincrement, ${s}.seqmin, ${s}.seqmax, ${s}.seqstart, ${s}.seqcache,
  CASE WHEN ${s}.seqcycle THEN ' CYCLE' ELSE '' END)`;

const SEQUENCES = `
  SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, d.refobjid::int8 AS "ownerTable",
    d.refobjsubid AS "ownerAttnum",
    format('AS %s ', format_type(s.seqtypid, NULL)) || ${sequenceOptions('s')} AS definition
  FROM pg_class c JOIN own n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
  LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  WHERE d.deptype IS DISTINCT FROM 'i' AND NOT is_part('pg_class'::regclass, c.oid) ORDER BY c.oid`;

const IDENTITY_OPTIONS = `(
  SELECT format('(SEQUENCE NAME %I.%I ', sn.nspname, sc.relname) || ${sequenceOptions('s')} || ')'
  FROM pg_depend d JOIN pg_class sc ON sc.oid = d.objid JOIN pg_sequence s ON s.seqrelid = sc.oid
    JOIN pg_namespace sn ON sn.oid = sc.relnamespace
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i')`;

const COLUMNS = `
  SELECT a.attnum::int4 AS attnum, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    (CASE WHEN t.typelem <> 0 AND t.typcategory = 'A' THEN t.typelem ELSE t.oid END)::int8 AS "typeOid",
    a.attnotnull AS "notNull", pg_get_expr(d.adbin, d.adrelid) AS "default",
    CASE a.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' END AS generated,
    nullif(a.attidentity, '') AS identity,
    CASE WHEN a.attidentity <> '' THEN ${IDENTITY_OPTIONS} END AS "identityOptions",
    CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
      THEN a.attcollation::regcollation::text END AS collation
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

/** Ordinary tables; those with partitions, parents or children are among the others. */
const PLAIN_TABLES = `
  SELECT c.*, n.nspname FROM pg_class c JOIN own n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND NOT c.relispartition AND c.reloftype = 0
    AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid)
    AND NOT is_part('pg_class'::regclass, c.oid)`;

const TABLES = `
  SELECT c.oid::int8 AS oid, c.nspname AS schema, c.relname AS name, c.relpersistence = 'u' AS "isUnlogged",
    c.relrowsecurity AS "rowSecurity", c.relforcerowsecurity AS "forcesRowSecurity", ${list(COLUMNS)} AS columns
  FROM plain c ORDER BY c.oid`;

const CONSTRAINTS = `
  SELECT con.oid::int8 AS oid, con.conrelid::int8 AS table, con.conname AS name, con.contype AS kind,
    coalesce(con.conkey, '{}')::int4[] AS attnums, pg_get_constraintdef(con.oid) AS definition
  FROM pg_constraint con JOIN plain c ON c.oid = con.conrelid
  WHERE con.contype IN ('p', 'u', 'f', 'c', 'x') ORDER BY con.oid`;

const INDEXES = `
  SELECT i.indexrelid::int8 AS oid, i.indrelid::int8 AS table, n.nspname AS schema, c.relname AS name,
    pg_get_indexdef(i.indexrelid) AS definition
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN own n ON n.oid = c.relnamespace
  WHERE NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x'))
    AND (i.indrelid IN (SELECT oid FROM plain) OR i.indrelid IN (SELECT oid FROM pg_class WHERE relkind = 'm'))
  ORDER BY i.indexrelid`;

const TRIGGERS = `
  SELECT t.oid::int8 AS oid, t.tgrelid::int8 AS table, t.tgname AS name, pg_get_triggerdef(t.oid) AS definition,
    t.tgenabled AS enabled
  FROM pg_trigger t JOIN plain c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal ORDER BY t.oid`;

const POLICIES = `
  SELECT p.oid::int8 AS oid, p.polrelid::int8 AS table, p.polname AS name,
    CASE WHEN p.polpermissive THEN '' ELSE 'AS RESTRICTIVE ' END
      || 'FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END
      || ' TO ' || (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ')
        FROM unnest(p.polroles) AS r)
      || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
      || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') AS definition
  FROM pg_policy p JOIN plain c ON c.oid = p.polrelid ORDER BY p.oid`;

const VIEWS = `
  SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind = 'm' AS "isMaterialized",
    coalesce('WITH (' || array_to_string(c.reloptions, ', ') || ') ', '')
      || 'AS ' || rtrim(pg_get_viewdef(c.oid), ';') AS definition,
    ARRAY(SELECT DISTINCT d.refobjid::int8 FROM pg_rewrite r JOIN pg_depend d
      ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      WHERE r.ev_class = c.oid AND d.refobjid <> c.oid) AS reads
  FROM pg_class c JOIN own n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('v', 'm') AND NOT is_part('pg_class'::regclass, c.oid) ORDER BY c.oid`;

const ROUTINES = `
  SELECT p.oid::int8 AS oid, n.nspname AS schema, p.proname AS name,
    format('%s %I.%I(%s)', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, n.nspname, p.proname,
      pg_get_function_identity_arguments(p.oid)) AS signature,
    rtrim(pg_get_functiondef(p.oid), E'\\n') AS definition
  FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
  WHERE p.prokind IN ('f', 'p') AND NOT is_part('pg_proc'::regclass, p.oid) ORDER BY p.oid`;

const OTHERS = `
  SELECT 'relation ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text AS what
  FROM pg_class c JOIN own n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'c') AND c.oid NOT IN (SELECT oid FROM plain)
    AND NOT is_part('pg_class'::regclass, c.oid)
  UNION ALL
  SELECT 'aggregate ' || p.oid::regprocedure::text FROM pg_proc p JOIN own n ON n.oid = p.pronamespace
  WHERE p.prokind NOT IN ('f', 'p') AND NOT is_part('pg_proc'::regclass, p.oid)
  UNION ALL
  SELECT 'rule ' || r.rulename || ' ' || pg_get_ruledef(r.oid)
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN own n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN'
  UNION ALL
  SELECT 'statistics ' || s.stxname FROM pg_statistic_ext s JOIN own n ON n.oid = s.stxnamespace
  UNION ALL
  SELECT 'range type ' || t.oid::regtype::text FROM pg_type t JOIN own n ON n.oid = t.typnamespace WHERE t.typtype = 'r'
  ORDER BY 1`;

/** Extensions own some of what is there: made and dropped with them. */
const isPart = (sql: string) =>
  sql.replace(
    /is_part\(('\w+'::regclass), ([\w.]+)\)/g,
    "EXISTS (SELECT FROM pg_depend e WHERE e.classid = $1 AND e.objid = $2 AND e.deptype = 'e')",
  );

const CATALOGUE_QUERY = isPart(`
  WITH own AS (
    SELECT n.oid, n.nspname FROM pg_namespace n
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ${OWN_SCHEMAS}
  ), plain AS (${PLAIN_TABLES})
  SELECT json_build_object(
    'schemas', ${list(SCHEMAS)}, 'enums', ${list(ENUMS)}, 'domains', ${list(DOMAINS)},
    'sequences', ${list(SEQUENCES)}, 'tables', ${list(TABLES)}, 'constraints', ${list(CONSTRAINTS)},
    'indexes', ${list(INDEXES)}, 'triggers', ${list(TRIGGERS)}, 'policies', ${list(POLICIES)},
    'views', ${list(VIEWS)}, 'routines', ${list(ROUTINES)},
    'others', (SELECT coalesce(json_agg(what), '[]') FROM (${OTHERS}) AS item)
  )::text AS catalogue`);
