import type { Executor } from '../run/executor/executor.ts';
import { withFixedSettings } from './structure/fixed-settings.ts';

/** What is in a table: how many rows, and a digest of them all in whatever order; null where it wasn't computed. */
export interface TableContents {
  readonly rows: number;
  readonly digest: string | null;
}

/** Every table's contents, by its name as Postgres quotes it (`public.items`), sorted. */
export type Contents = Readonly<Record<string, TableContents>>;

export interface ContentsOptions {
  /** Also digests the rows: a text of each is made. Otherwise they are counted only. */
  readonly withDigests: boolean;
}

/**
 * Tables whose rows a backup has: ordinary ones and partitions. Not unlogged ones, which Postgres empties after a crash
 * and so in a copy of a running database; not what an extension made; not the lease, which lives while this reads.
 */
const TABLES_QUERY = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND NOT (n.nspname = 'lockstep' AND c.relname = 'lease')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1`;

/** The names of all tables that have contents, as Postgres quotes them. */
async function listTables(executor: Executor): Promise<readonly string[]> {
  return (await executor.query<{ name: string }>(TABLES_QUERY)).map(({ name }) => name);
}

/** Reads them in one transaction, which is `executor`'s if it is in one: give it REPEATABLE READ on a server. */
export async function readContents(executor: Executor, options: ContentsOptions): Promise<Contents> {
  return executor.transaction((tx) =>
    withFixedSettings(tx, async () => {
      // A role that sees a part of the rows only gets an error, and not a count of that part.
      await tx.exec('SET LOCAL row_security = off');
      const contents: Record<string, TableContents> = {};
      for (const table of await listTables(tx)) contents[table] = await readTable(tx, table, options);
      return contents;
    }),
  );
}

async function readTable(
  tx: Executor,
  table: string,
  { withDigests }: ContentsOptions,
): Promise<TableContents> {
  const digest = withDigests ? 'coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text' : 'NULL';
  const [row] = await tx.query<{ rows: string; digest: string | null }>(
    `SELECT count(*)::text AS rows, ${digest} AS digest FROM ONLY ${table} AS t`,
  );
  return { rows: Number(row?.rows ?? 0), digest: row?.digest ?? null };
}

/** What differs, a sentence for each table: "public.items has 3 rows instead of 4". Empty when nothing does. */
export function diffContents(expected: Contents, actual: Contents): readonly string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return names.flatMap((name) => {
    const [wanted, found] = [expected[name], actual[name]];
    if (found === undefined) return [`${name} is missing`];
    if (wanted === undefined) return [`${name} is there too`];
    if (wanted.rows !== found.rows) return [`${name} has ${found.rows} rows instead of ${wanted.rows}`];
    const isComparable = wanted.digest !== null && found.digest !== null;
    return isComparable && wanted.digest !== found.digest ? [`${name} has other rows`] : [];
  });
}

/** All rows of all tables together. */
export function countRows(contents: Contents): number {
  return Object.values(contents).reduce((sum, { rows }) => sum + rows, 0);
}
