import { IGNORED } from '../ignored.ts';
import { literal, type StructureQuery } from './prelude.ts';

const isOwn = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM extension_part e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${oid})`;

const isOtherPublication = `p.pubname !~ ${literal(IGNORED.publications)}`;

// Through JSON, for a column that older versions lack.
const PUBLICATIONS: StructureQuery = `
  SELECT 'publication ' || quote_ident(p.pubname), concat_ws(' ', CASE WHEN p.puballtables THEN 'for all tables' END,
    'publish ' || array_to_string(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
      CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], ', '),
    CASE WHEN p.pubviaroot THEN 'via partition root' END,
    CASE to_jsonb(p) ->> 'pubgencols' WHEN 's' THEN 'with stored generated columns' END)
  FROM pg_publication p WHERE ${isOtherPublication}`;

const PUBLICATION_TABLES: StructureQuery = `
  SELECT 'publication table ' || quote_ident(p.pubname) || '.' || r.label, concat_ws(' ', 'published',
    '(' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
      WHERE a.attrelid = r.oid AND a.attnum = ANY (pr.prattrs)) || ')',
    'where ' || pg_get_expr(pr.prqual, pr.prrelid))
  FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid JOIN rel r ON r.oid = pr.prrelid
  WHERE ${isOtherPublication}`;

const PUBLICATION_SCHEMAS: StructureQuery = `
  SELECT 'publication schema ' || quote_ident(p.pubname) || '.' || n.name, 'published'
  FROM pg_publication_namespace pn JOIN pg_publication p ON p.oid = pn.pnpubid JOIN ns n ON n.oid = pn.pnnspid
  WHERE ${isOtherPublication}`;

const isOtherExtension = `x.extname NOT IN (${IGNORED.extensions.map(literal).join(', ')})`;

const EXTENSIONS: StructureQuery = `
  SELECT 'extension ' || quote_ident(x.extname), 'extension in ' || quote_ident(n.nspname)
  FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE ${isOtherExtension}`;

const EXTENSION_VERSIONS: StructureQuery = `
  SELECT 'extension version ' || quote_ident(x.extname), x.extversion FROM pg_extension x WHERE ${isOtherExtension}`;

const EVENT_TRIGGERS: StructureQuery = `
  SELECT 'event trigger ' || quote_ident(t.evtname), concat_ws(' ', 'on', t.evtevent,
    'when tag in (' || array_to_string(t.evttags, ', ') || ')', 'execute', t.evtfoid::regprocedure,
    CASE t.evtenabled WHEN 'D' THEN '(disabled)' WHEN 'R' THEN '(enabled on replica)' WHEN 'A' THEN '(enabled always)' END)
  FROM pg_event_trigger t WHERE ${isOwn('pg_event_trigger', 't.oid')}`;

const FOREIGN_SERVERS: StructureQuery = `
  SELECT 'foreign server ' || quote_ident(s.srvname), 'foreign data wrapper ' || quote_ident(w.fdwname)
  FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
  WHERE ${isOwn('pg_foreign_server', 's.oid')}`;

const OPERATORS: StructureQuery = `
  SELECT 'operator ' || o.oid::regoperator, concat_ws(' ', 'returns', format_type(o.oprresult, NULL),
    'by', o.oprcode::oid::regprocedure, 'commutator ' || nullif(o.oprcom, 0)::regoperator,
    'negator ' || nullif(o.oprnegate, 0)::regoperator)
  FROM pg_operator o JOIN ns n ON n.oid = o.oprnamespace WHERE ${isOwn('pg_operator', 'o.oid')}`;

/** Of the user's: the others have OIDs that initdb gave. */
const CASTS: StructureQuery = `
  SELECT 'cast ' || format_type(c.castsource, NULL) || ' as ' || format_type(c.casttarget, NULL), concat_ws(' ',
    CASE c.castmethod WHEN 'f' THEN 'by ' || c.castfunc::regprocedure WHEN 'i' THEN 'by text' ELSE 'without function' END,
    CASE c.castcontext WHEN 'e' THEN 'explicit' WHEN 'a' THEN 'in assignments' ELSE 'implicit' END)
  FROM pg_cast c WHERE c.oid >= 16384 AND ${isOwn('pg_cast', 'c.oid')}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')`;

const TEXT_SEARCHES: StructureQuery = `
  SELECT 'text search configuration ' || n.name || '.' || quote_ident(c.cfgname), concat_ws(' ', 'parser',
    (SELECT quote_ident(p.prsname) FROM pg_ts_parser p WHERE p.oid = c.cfgparser),
    (SELECT string_agg(m.maptokentype || ' by ' || quote_ident(d.dictname), ', ' ORDER BY m.maptokentype, m.mapseqno)
      FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = m.mapdict WHERE m.mapcfg = c.oid))
  FROM pg_ts_config c JOIN ns n ON n.oid = c.cfgnamespace WHERE ${isOwn('pg_ts_config', 'c.oid')}`;

export const DATABASE_QUERIES: readonly StructureQuery[] = [
  PUBLICATIONS,
  PUBLICATION_TABLES,
  PUBLICATION_SCHEMAS,
  EXTENSIONS,
  EXTENSION_VERSIONS,
  EVENT_TRIGGERS,
  FOREIGN_SERVERS,
  OPERATORS,
  CASTS,
  TEXT_SEARCHES,
];
