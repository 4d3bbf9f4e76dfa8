import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../executor/executor.ts';
import type { KeyColumn } from './backfill-sql.ts';

interface KeyRow {
  readonly name: string;
  readonly type: string;
  readonly isPrimary: boolean;
  readonly indexId: string;
}

/** Unique indexes over columns that are NOT NULL, whole and valid: orders in which each row has one place. */
const KEYS_QUERY = `
  SELECT i.indexrelid::text AS "indexId", i.indisprimary AS "isPrimary", a.attname AS name,
    format_type(a.atttypid, a.atttypmod) AS type
  FROM pg_index AS i
  CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = to_regclass($1::text) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
    AND i.indexprs IS NULL AND k.position <= i.indnkeyatts
    AND NOT EXISTS (
      SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS n (attnum, position)
      JOIN pg_attribute AS c ON c.attrelid = i.indrelid AND c.attnum = n.attnum
      WHERE n.position <= i.indnkeyatts AND NOT c.attnotnull)
  ORDER BY i.indexrelid, k.position`;

/**
 * The columns in whose order a backfill goes: the primary key, or those that its author names.
 * Raises PROGRAM_INVALID where there is no such table or key.
 */
export async function readBackfillKey(
  executor: Executor,
  table: string,
  wanted: readonly string[] | undefined,
): Promise<readonly KeyColumn[]> {
  const rows = await executor.query<KeyRow>(KEYS_QUERY, [table]);
  const indexes = [...new Set(rows.map(({ indexId }) => indexId))].map((id) =>
    rows.filter(({ indexId }) => indexId === id),
  );
  if (wanted === undefined) {
    const primary = indexes.find(([column]) => column?.isPrimary);
    if (primary !== undefined) return primary;
    throw keyError(
      `${table} has no primary key (or there is no such table)`,
      'Name a unique key of it with `key`.',
    );
  }
  // Rows are in one order only where a unique index has no column beside the named ones.
  const isUnique = indexes.some((index) => index.every(({ name }) => wanted.includes(name)));
  const columns = wanted.map((name) => rows.find((row) => row.name === name));
  if (isUnique && columns.every((column) => column !== undefined)) return columns;
  throw keyError(
    `${wanted.join(', ')} of ${table} are not unique together and NOT NULL`,
    'Name columns that a unique index covers, or leave `key` out for the primary key.',
  );
}

function keyError(what: string, remedy: string): LockstepError {
  return new LockstepError('PROGRAM_INVALID', {
    message: `A backfill goes through its table in the order of a key, and ${what}.`,
    remedy,
  });
}
