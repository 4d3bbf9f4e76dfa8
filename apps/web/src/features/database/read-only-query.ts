import type { LocalDatabase } from '@lockstep/sync';
import { valueText } from '../../ui/value-text.ts';

export const ROWS_SHOWN_MAX = 200;

export interface QueryResult {
  readonly columns: readonly string[];
  /** At most `ROWS_SHOWN_MAX`. */
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number;
  readonly durationMs: number;
}

/**
 * Runs one statement in a read-only transaction that is rolled back. The extended protocol takes one statement
 * only, so nothing can follow a COMMIT. Throws what Postgres says.
 */
export async function runReadOnly({ db }: LocalDatabase, sql: string): Promise<QueryResult> {
  const start = performance.now();
  return db.transaction(async (transaction) => {
    await transaction.query('SET TRANSACTION READ ONLY');
    const { fields, rows } = await transaction.query<unknown[]>(sql, [], { rowMode: 'array' });
    const result = {
      columns: fields.map((field) => field.name),
      rows: rows.slice(0, ROWS_SHOWN_MAX),
      rowCount: rows.length,
      durationMs: performance.now() - start,
    };
    await transaction.rollback();
    return result;
  });
}

/** A value as a table's cell shows it. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return value instanceof Uint8Array ? `${value.byteLength} bytes` : valueText(value);
}
