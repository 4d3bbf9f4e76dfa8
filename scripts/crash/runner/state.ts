import type { Executor } from '@lockstep/migrate';
import type { State } from './options.ts';

const TABLES = `SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)' ORDER BY 1`;

/** Columns that are this run's alone: times, and numbers of sequences, which a rollback does not give back. */
const READ: Readonly<Record<string, string | null>> = {
  'lockstep.lease': null,
  'lockstep.database': null,
  'electric.catalogue': null,
  'lockstep.migrations':
    'tag, index, "when", hash, chain, md5(entry::text), target, step, attempt IS NOT NULL',
  'drizzle.__drizzle_migrations': 'hash, created_at',
  'lockstep.program_progress': 'hash, part, key, rows, is_done',
  'lockstep.stash': 'tag, hash, direction, item, rows',
  'electric.electrified': 'schema_name, table_name, epoch',
};

/** Not of what the proxy installs for itself before the first table is electrified, in a transaction of its own. */
const STRUCTURE = `
  SELECT format('column %s %s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) AS line
  FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema|lockstep|electric$)' AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT format('index %s %s %s', indexrelid::regclass, pg_get_indexdef(indexrelid), indisvalid)
  FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^(pg_|lockstep|electric$)'
  UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
  WHERE connamespace::regnamespace::text !~ '^(pg_|lockstep|information_schema|electric$)' AND contype <> 'n'
  UNION ALL SELECT format('label %s %s', enumtypid::regtype, enumlabel) FROM pg_enum
  UNION ALL SELECT format('trigger %s %s', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('part %s %s %s', inhparent::regclass, inhrelid::regclass, inhdetachpending) FROM pg_inherits
  UNION ALL SELECT format('published %s %s', schemaname, tablename) FROM pg_publication_tables
  UNION ALL SELECT format('identity %s %s', oid::regclass, relreplident) FROM pg_class WHERE relreplident = 'f'
  ORDER BY 1`;

/** Reads a database outside of transactions. */
export async function readState(executor: Executor): Promise<State> {
  const tables = (await executor.query<{ name: string }>(TABLES)).map(({ name }) => name);
  const labels = await stashLabels(executor, tables);
  const parts = tables.flatMap((name) => {
    const columns = READ[name] === undefined ? 't' : READ[name];
    if (columns === null) return [];
    const row = columns === 't' ? 't::text' : `ROW(${columns})::text`;
    return [`SELECT '${labels.get(name) ?? name}' AS name, ${row} AS row FROM ${name} AS t`];
  });
  const rows =
    parts.length === 0
      ? []
      : await executor.query<{ name: string; row: string }>(`${parts.join(' UNION ALL ')} ORDER BY 1, 2`);
  const structure = await executor.query<{ line: string }>(STRUCTURE);
  const tracked = tables.includes('lockstep.migrations')
    ? await executor.query<{ whole: boolean; open: boolean }>(
        'SELECT step IS NULL AS whole, attempt IS NOT NULL AS open FROM lockstep.migrations',
      )
    : [];
  return {
    whole: tracked.filter(({ whole }) => whole).length,
    isOpen: tracked.some(({ open }) => open),
    rows: rows.map(({ name, row }) => `${name} ${maskNow(row)}`),
    structure: structure.map(({ line }) => line),
  };
}

/** A stash's table is named by a number of a sequence: here by what it holds. */
async function stashLabels(
  executor: Executor,
  tables: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (!tables.includes('lockstep.stash')) return new Map();
  const rows = await executor.query<{ id: string; label: string }>(
    "SELECT id::text AS id, 'stash of ' || tag || ' ' || md5(item::text) AS label FROM lockstep.stash",
  );
  return new Map(rows.map(({ id, label }) => [`lockstep.stash_${id}`, label]));
}

/** Data of the tests is of long ago: what is of today is a `now()`. */
function maskNow(row: string): string {
  return row.replaceAll(/(\d{4})-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d(:\d\d)?/g, (time, year: string) =>
    Number(year) < NOW_YEAR_MIN ? time : '<now>',
  );
}

const NOW_YEAR_MIN = 2026;
