import type { Executor } from '../../run/executor/executor.ts';

/** Everything that a history leaves behind, as one text: structure, rows, both tracking tables without their times. */
export async function readCrashState(executor: Executor): Promise<string> {
  const [structure] = await executor.query<{ state: string }>(STRUCTURE);
  const tables = (await executor.query<{ name: string }>(TABLES)).map(({ name }) => name);
  const has = new Set(tables);
  const parts = tables
    .filter((name) => name !== 'lockstep.migrations')
    .map((name) => rowsOf(name, name.startsWith('drizzle.') ? "- 'id'" : ''));
  if (has.has('lockstep.migrations')) parts.push(TRACKING);
  if (parts.length === 0) return structure?.state ?? '';
  const [rows] = await executor.query<{ state: string }>(
    `SELECT concat_ws(E'\\n', ${parts.join(', ')}) AS state`,
  );
  return `${structure?.state}\n${rows?.state}`;
}

const STRUCTURE = `SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '') AS state FROM (
  SELECT concat_ws(' ', 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) AS line
  FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
  WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
  UNION ALL SELECT concat_ws(' ', 'label', t.typname, e.enumlabel) FROM pg_enum AS e JOIN pg_type AS t ON t.oid = e.enumtypid
  UNION ALL SELECT concat_ws(' ', 'inherits', inhrelid::regclass, inhparent::regclass, inhdetachpending) FROM pg_inherits AS h
  JOIN pg_class AS c ON c.oid = h.inhrelid WHERE c.relkind = 'r'
) AS lines`;

const TABLES = `SELECT n.nspname || '.' || quote_ident(c.relname) AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND (n.nspname = 'public' OR n.nspname || '.' || c.relname IN ('lockstep.migrations', 'drizzle.__drizzle_migrations'))
  ORDER BY 1`;

function rowsOf(table: string, without: string): string {
  return `(SELECT '${table} ' || coalesce(json_agg(r ORDER BY r::text)::text, '')
    FROM (SELECT to_jsonb(t) ${without} AS r FROM ${table} AS t) AS rows)`;
}

const TRACKING = `(SELECT json_agg(json_build_array(tag, index, hash, chain, step, attempt -> 'statement') ORDER BY index)::text
  FROM lockstep.migrations)`;
