import type { Executor } from './executor/executor.ts';
import { existingTables } from './tracking-schema.ts';

/**
 * Answers for a run what it can't know (MIGRATION_INTERRUPTED): whether the statement outside of transactions that an
 * earlier run was killed in was done. The next run goes on behind it, or runs it again. False when there is no such
 * question open for the migration.
 */
export async function settleInterrupted(
  executor: Executor,
  tag: string,
  answer: 'done' | 'not-done',
): Promise<boolean> {
  if ((await existingTables(executor, ['lockstep.migrations'])).size === 0) return false;
  const rows = await executor.query(
    `UPDATE lockstep.migrations
     SET attempt = NULL, step = CASE WHEN $2::text = 'done' THEN (attempt ->> 'statement')::integer ELSE step END
     WHERE tag = $1::text AND attempt IS NOT NULL RETURNING 1 AS settled`,
    [tag, answer],
  );
  return rows.length > 0;
}
