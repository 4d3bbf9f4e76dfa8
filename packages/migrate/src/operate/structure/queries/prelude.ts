import { IGNORED } from '../ignored.ts';

/** A regular expression as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A part of the query: rows of `identity` and `definition`. */
export type StructureQuery = string;

/**
 * What the parts share. `$1` and `$2` are JSON lists of further schemas and relations to ignore, `$3` one of the OIDs of
 * tables that are taken for Electric's beside those in its publications.
 */
export const PRELUDE = `
  extension_part AS MATERIALIZED (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
  ns AS MATERIALIZED (
    SELECT oid, nspname, quote_ident(nspname) AS name FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN (${IGNORED.schemas.map(literal).join(', ')})
      AND nspname NOT IN (SELECT json_array_elements_text($1::text::json))
  ),
  named AS (
    SELECT c.*, n.name || '.' || quote_ident(c.relname) AS label
    FROM pg_class c JOIN ns n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM extension_part e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
  ),
  ignored AS (
    SELECT c.oid FROM named c JOIN ns n ON n.oid = c.relnamespace
    JOIN json_to_recordset($2::text::json) AS i(schema text, name text) ON i.schema = n.nspname AND i.name = c.relname
  ),
  owned AS MATERIALIZED (
    SELECT d.objid, d.refobjid, d.refobjsubid, d.deptype FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
    WHERE s.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
      AND d.deptype IN ('a', 'i')
  ),
  rel AS MATERIALIZED (
    SELECT * FROM named
    WHERE oid NOT IN (SELECT oid FROM ignored)
      AND oid NOT IN (SELECT objid FROM owned WHERE refobjid IN (SELECT oid FROM ignored))
  ),
  electrified AS MATERIALIZED (
    SELECT json_array_elements_text($3::text::json)::oid AS oid
    UNION SELECT pr.prrelid FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid
      WHERE p.pubname ~ ${literal(IGNORED.publications)}
  )`;
