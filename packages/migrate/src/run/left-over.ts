import type { AloneWork } from '@lockstep/protocol';
import { formatTableName } from '../sql/table-name.ts';
import type { Executor } from './executor/executor.ts';

/** An index that a statement outside of transactions made, or would have made. */
export interface FoundIndex {
  readonly oid: string;
  /** Qualified and quoted. */
  readonly name: string;
  readonly isValid: boolean;
}

/**
 * The indexes that a statement could leave behind, whoever made them: of its table and name for CREATE INDEX, what
 * REINDEX CONCURRENTLY calls its own for REINDEX. An invalid one that is being built at this moment is none.
 */
export async function findIndexes(executor: Executor, work: AloneWork): Promise<readonly FoundIndex[]> {
  if (work.kind === 'create-index') {
    const params = [formatTableName(work.table), work.name];
    return query(
      executor,
      'i.indrelid = to_regclass($1::text) AND c.relname = coalesce($2::text, c.relname)',
      params,
    );
  }
  if (work.kind !== 'reindex') return [];
  const ours = "NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'";
  if (work.name === null) return query(executor, ours, []);
  if (work.object === 'schema') {
    return query(
      executor,
      `${ours} AND (n.nspname = $1::text OR ${TOAST} IN (SELECT r.oid FROM pg_class AS r
      JOIN pg_namespace AS s ON s.oid = r.relnamespace WHERE s.nspname = $1::text))`,
      [work.name.name],
    );
  }
  const table =
    work.object === 'table'
      ? 'to_regclass($1::text)'
      : '(SELECT x.indrelid FROM pg_index AS x WHERE x.indexrelid = to_regclass($1::text))';
  return query(executor, `${ours} AND (i.indrelid = ${table} OR ${TOAST} = ${table})`, [
    formatTableName(work.name),
  ]);
}

/** The table whose TOAST table has the index. */
const TOAST = '(SELECT o.oid FROM pg_class AS o WHERE o.reltoastrelid = i.indrelid)';

function query(
  executor: Executor,
  condition: string,
  params: readonly (string | null)[],
): Promise<FoundIndex[]> {
  return executor.query<{ oid: string; name: string; isValid: boolean }>(
    `SELECT c.oid::text AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       i.indisvalid AS "isValid"
     FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE ${condition}
       AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = c.oid)`,
    params,
  );
}

export type Partition = 'attached' | 'pending' | 'detached';

/** How far `DETACH PARTITION … CONCURRENTLY` got. */
export async function readPartition(
  executor: Executor,
  work: Extract<AloneWork, { kind: 'detach-partition' }>,
): Promise<Partition> {
  const [row] = await executor.query<{ pending: boolean }>(
    `SELECT inhdetachpending AS pending FROM pg_inherits
     WHERE inhparent = to_regclass($1::text) AND inhrelid = to_regclass($2::text)`,
    [formatTableName(work.table), formatTableName(work.partition)],
  );
  if (row === undefined) return 'detached';
  return row.pending ? 'pending' : 'attached';
}

export async function isThere(
  executor: Executor,
  name: { schema: string | null; name: string },
): Promise<boolean> {
  const [row] = await executor.query<{ found: boolean }>(
    'SELECT to_regclass($1::text) IS NOT NULL AS found',
    [formatTableName(name)],
  );
  return row?.found ?? false;
}
