import { IGNORED } from '../ignored.ts';
import { literal, type StructureQuery } from './prelude.ts';

const SCHEMAS: StructureQuery = `
  SELECT 'schema ' || n.name, 'schema' FROM ns n
  WHERE NOT EXISTS (SELECT FROM extension_part e WHERE e.classid = 'pg_namespace'::regclass AND e.objid = n.oid)`;

const OWN_FUNCTIONS = `
  SELECT p.*, n.name || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')' AS label
  FROM pg_proc p JOIN ns n ON n.oid = p.pronamespace
  WHERE p.proname !~ ${literal(IGNORED.functions)}
    AND NOT EXISTS (SELECT FROM extension_part e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
    -- The constructors of a range type.
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
      AND d.deptype = 'i' AND d.refclassid = 'pg_type'::regclass)`;

const FUNCTIONS: StructureQuery = `
  SELECT 'function ' || f.label, pg_get_functiondef(f.oid) FROM (${OWN_FUNCTIONS} AND p.prokind <> 'a') f`;

const AGGREGATES: StructureQuery = `
  SELECT 'function ' || f.label, concat_ws(' ',
    CASE a.aggkind WHEN 'o' THEN 'ordered-set' WHEN 'h' THEN 'hypothetical-set' END, 'aggregate',
    pg_get_function_arguments(f.oid), 'returns', format_type(f.prorettype, NULL),
    'state', format_type(a.aggtranstype, NULL), 'by', a.aggtransfn::oid::regprocedure,
    'starts', quote_literal(a.agginitval),
    'ends by ' || nullif(a.aggfinalfn::oid, 0)::regprocedure,
    'combines by ' || nullif(a.aggcombinefn::oid, 0)::regprocedure,
    'moving ' || format_type(nullif(a.aggmtranstype, 0), NULL) || ' by ' || nullif(a.aggmtransfn::oid, 0)::regprocedure,
    'sorted by ' || nullif(a.aggsortop, 0)::regoperator,
    'parallel ' || nullif(f.proparallel::text, 'u'))
  FROM (${OWN_FUNCTIONS} AND p.prokind = 'a') f JOIN pg_aggregate a ON a.aggfnoid = f.oid`;

const ENABLED = (column: string) =>
  `CASE ${column} WHEN 'O' THEN '' WHEN 'D' THEN ' (disabled)' WHEN 'R' THEN ' (enabled on replica)' ELSE ' (enabled always)' END`;

/** A partition's copy of its parent's trigger is an object only where it is enabled otherwise. */
const TRIGGERS: StructureQuery = `
  SELECT 'trigger ' || r.label || '.' || quote_ident(t.tgname), pg_get_triggerdef(t.oid) || ${ENABLED('t.tgenabled')}
  FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND t.tgname !~ ${literal(IGNORED.triggers)}
    AND (t.tgparentid = 0
      OR t.tgenabled <> (SELECT parent.tgenabled FROM pg_trigger parent WHERE parent.oid = t.tgparentid))`;

const RULES: StructureQuery = `
  SELECT 'rule ' || r.label || '.' || quote_ident(w.rulename), pg_get_ruledef(w.oid) || ${ENABLED('w.ev_enabled')}
  FROM pg_rewrite w JOIN rel r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'`;

const VIEWS: StructureQuery = `
  SELECT CASE r.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || r.label,
    concat_ws(' ', (SELECT 'with (' || string_agg(o, ', ' ORDER BY o COLLATE "C") || ')' FROM unnest(r.reloptions) o
        WHERE o !~ ${literal(IGNORED.storageParameters)}), btrim(pg_get_viewdef(r.oid)))
  FROM rel r WHERE r.relkind IN ('v', 'm')`;

const POLICIES: StructureQuery = `
  SELECT 'policy ' || r.label || '.' || quote_ident(p.polname), concat_ws(' ',
    CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for',
    CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
    'to', (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(role)) END, ', '
        ORDER BY pg_get_userbyid(role) COLLATE "C") FROM unnest(p.polroles) role),
    'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
    'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
  FROM pg_policy p JOIN rel r ON r.oid = p.polrelid`;

export const ROUTINE_QUERIES: readonly StructureQuery[] = [
  SCHEMAS,
  FUNCTIONS,
  AGGREGATES,
  TRIGGERS,
  RULES,
  VIEWS,
  POLICIES,
];
