import { quoteIdentifier } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';

/** A row of an older runner's tracking table. */
export interface LegacyRow {
  /** The table it stands in, e.g. `public._migrations`. */
  readonly source: string;
  /** What the row calls its migration: a tag, a file's name, an id. */
  readonly name: string;
  /** A checksum of the file, where the table has one. */
  readonly hash: string | null;
  /** When it was run, as Postgres writes it; null where the table doesn't say. */
  readonly appliedAt: string | null;
  /** The whole row as JSON, for the record. */
  readonly row: string;
}

/** Tables of older runners whose rows are taken over (D2, E2), in every schema of the database. */
const LEGACY_TABLES = ['_migrations', '__manual_migrations'];

/** What such tables call the same things, the surest name first. */
const NAME_COLUMNS = ['filename', 'file_name', 'name', 'tag', 'migration_name', 'migration', 'id'];
const HASH_COLUMNS = ['hash', 'checksum', 'sha256'];
const TIME_COLUMNS = ['applied_at', 'executed_at', 'finished_at', 'run_at', 'run_on', 'created_at'];
const ORDER_COLUMNS = ['version', 'id', ...TIME_COLUMNS];

/** The tables that older runners left, and their rows in order. */
export interface Legacy {
  readonly tables: readonly { readonly schema: string; readonly name: string }[];
  readonly rows: readonly LegacyRow[];
}

/** A table without a name for its migrations is somebody else's, and passed over. */
export async function readLegacy(executor: Executor): Promise<Legacy> {
  const tables = await executor.query<{ schema: string; name: string; columns: string }>(
    `SELECT n.nspname AS schema, c.relname AS name,
       (SELECT json_agg(a.attname) FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relname = ANY (string_to_array($1::text, ',')) ORDER BY 1, 2`,
    [LEGACY_TABLES.join(',')],
  );
  const legacy: { tables: { schema: string; name: string }[]; rows: LegacyRow[] } = { tables: [], rows: [] };
  for (const table of tables) {
    const columns = new Set(JSON.parse(table.columns) as string[]);
    const name = NAME_COLUMNS.find((column) => columns.has(column));
    if (name === undefined) continue;
    legacy.tables.push({ schema: table.schema, name: table.name });
    legacy.rows.push(...(await readRows(executor, table, columns, name)));
  }
  return legacy;
}

async function readRows(
  executor: Executor,
  table: { readonly schema: string; readonly name: string },
  columns: ReadonlySet<string>,
  name: string,
): Promise<readonly LegacyRow[]> {
  const pick = (candidates: readonly string[]) => {
    const column = candidates.find((candidate) => columns.has(candidate));
    return column === undefined ? 'NULL' : `t.${quoteIdentifier(column)}::text`;
  };
  const order = ORDER_COLUMNS.find((column) => columns.has(column)) ?? name;
  return executor.query<LegacyRow & Record<string, unknown>>(
    `SELECT $1::text AS source, t.${quoteIdentifier(name)}::text AS name, ${pick(HASH_COLUMNS)} AS hash,
       ${pick(TIME_COLUMNS)} AS "appliedAt", to_jsonb(t)::text AS row
     FROM ${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)} AS t ORDER BY t.${quoteIdentifier(order)}`,
    [`${table.schema}.${table.name}`],
  );
}
