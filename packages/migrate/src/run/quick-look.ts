import type { ReplicaMigration, SchemaVersion } from '@lockstep/protocol';
import { drizzleTable, type TrackingOptions } from './drizzle-table.ts';
import type { Executor } from './executor/executor.ts';
import { HISTORY_ORDER } from './read-applied.ts';
import type { Target } from './target.ts';
import { existingTables } from './tracking-schema.ts';

/**
 * Whether the tracking tables say word for word what the bundle says, which is how nearly every run finds them: then
 * nothing has to be planned. The version, or null for a database that has to be looked at closely.
 */
export async function quickLook(
  executor: Executor,
  migrations: readonly ReplicaMigration[],
  target: Target,
  tracking: TrackingOptions = {},
): Promise<SchemaVersion | null> {
  const newest = migrations.at(-1);
  if (newest === undefined) return null;
  // On a replica nobody runs the files, so Drizzle's table can't speak for it.
  const drizzles = target === 'replica' ? null : drizzleTable(tracking);
  const wanted = ['lockstep.migrations', ...(drizzles === null ? [] : [drizzles])];
  if ((await existingTables(executor, wanted)).size < wanted.length) return null;
  const [row] = await executor.query<{ ours: string | null; others: number }>(
    `SELECT (
       SELECT string_agg(concat_ws(' ', tag, index, hash, chain, step), ',' ORDER BY ${HISTORY_ORDER})
       FROM lockstep.migrations AS m
     ) AS ours, ${drizzles === null ? '0' : otherRows(drizzles)} AS others`,
  );
  if (row?.others !== 0 || row.ours !== migrations.map(lineOf).join(',')) return null;
  return { tag: newest.tag, index: newest.index, chain: newest.chain };
}

function lineOf({ tag, index, hash, chain }: ReplicaMigration): string {
  return `${tag} ${index} ${hash} ${chain}`;
}

/** Rows of Drizzle's that ours don't account for: more than one of ours each, or another hash. */
function otherRows(table: string): string {
  return `(
    SELECT count(*)::integer FROM (
      SELECT d.hash FROM ${table} AS d GROUP BY d.hash
      HAVING count(*) > (SELECT count(*) FROM lockstep.migrations AS m WHERE m.hash = d.hash)
    ) AS other
  )`;
}
