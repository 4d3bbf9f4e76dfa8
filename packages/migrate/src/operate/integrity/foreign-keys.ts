import type { Executor } from '../../run/executor/executor.ts';
import { sqlStateOf } from '../../run/sql-error.ts';
import type { IntegrityFinding, IntegrityReport } from './report.ts';

/** More are not counted. */
const ROWS_MAX = 1000;

interface ForeignKey {
  readonly name: string;
  readonly label: string;
  readonly sql: string;
}

/**
 * The query of Postgres's own check (RI_Initial_Check), for each validated key: rows whose columns are all there and
 * whose parent is not. A key of a partitioned table covers its partitions.
 */
const KEYS_QUERY = `
  SELECT con.conname AS name, con.conrelid::regclass::text || ' (' || quote_ident(con.conname) || ')' AS label,
    'SELECT count(*)::text AS rows FROM (SELECT FROM ' || CASE WHEN f.relkind = 'r' THEN 'ONLY ' ELSE '' END
      || con.conrelid::regclass || ' AS f LEFT JOIN ' || CASE WHEN p.relkind = 'r' THEN 'ONLY ' ELSE '' END
      || con.confrelid::regclass || ' AS p ON '
      || string_agg('p.' || quote_ident(pa.attname) || ' OPERATOR(' || quote_ident(opn.nspname) || '.' || op.oprname || ') f.' || quote_ident(fa.attname), ' AND ')
      || ' WHERE p.' || quote_ident(min(pa.attname::text)) || ' IS NULL AND '
      || CASE WHEN con.confmatchtype = 'f'
           THEN '(' || string_agg('f.' || quote_ident(fa.attname) || ' IS NOT NULL', ' OR ') || ')'
           ELSE string_agg('f.' || quote_ident(fa.attname) || ' IS NOT NULL', ' AND ') END
      || ' LIMIT ${ROWS_MAX}) AS broken' AS sql
  FROM pg_constraint con
    JOIN pg_class f ON f.oid = con.conrelid JOIN pg_class p ON p.oid = con.confrelid
    CROSS JOIN LATERAL unnest(con.conkey, con.confkey, con.conpfeqop) AS k(fk, pk, operator)
    JOIN pg_attribute fa ON fa.attrelid = con.conrelid AND fa.attnum = k.fk
    JOIN pg_attribute pa ON pa.attrelid = con.confrelid AND pa.attnum = k.pk
    JOIN pg_operator op ON op.oid = k.operator JOIN pg_namespace opn ON opn.oid = op.oprnamespace
  WHERE con.contype = 'f' AND con.convalidated AND con.conparentid = 0
    AND coalesce((to_jsonb(con) ->> 'conperiod')::boolean, false) = false
    AND coalesce((to_jsonb(con) ->> 'conenforced')::boolean, true)
  GROUP BY con.oid, con.conname, con.conrelid, con.confrelid, con.confmatchtype, f.relkind, p.relkind
  ORDER BY 2`;

/** Compares every validated foreign key with its rows: they may break where triggers were off. */
export async function checkForeignKeys(executor: Executor): Promise<IntegrityReport> {
  const findings: IntegrityFinding[] = [];
  const skipped: string[] = [];
  for (const key of await executor.query<ForeignKey & Record<string, unknown>>(KEYS_QUERY)) {
    try {
      const [row] = await executor.query<{ rows: string }>(key.sql);
      const rows = Number(row?.rows ?? 0);
      if (rows === 0) continue;
      const count = rows === ROWS_MAX ? `at least ${rows}` : String(rows);
      const what = `${count} ${rows === 1 ? 'row has' : 'rows have'} no parent`;
      findings.push({ kind: 'foreign-key', object: key.label, what });
    } catch (error) {
      if (sqlStateOf(error) !== '42501') throw error;
      skipped.push(`the foreign key ${key.label}, whose tables the role may not read`);
    }
  }
  return { findings, skipped };
}
