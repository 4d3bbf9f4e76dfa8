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
  const [row] = await executor.query<{ ours: string | null; others: boolean }>(
    `SELECT (
       SELECT CASE WHEN count(step) = 0 THEN string_agg(tag || chain, ',' ORDER BY ${HISTORY_ORDER}) END
       FROM lockstep.migrations AS m
     ) AS ours, ${drizzles === null ? 'false' : hasOthers(drizzles)} AS others`,
  );
  if (row?.others !== false || row.ours !== migrations.map(lineOf).join(',')) return null;
  return { tag: newest.tag, index: newest.index, chain: newest.chain };
}

/** The chain says which files came before, and in which order. */
function lineOf({ tag, chain }: ReplicaMigration): string {
  return tag + chain;
}

/** Whether Drizzle's table has rows that ours don't account for, one by one: equal files have equal hashes. */
function hasOthers(table: string): string {
  return `EXISTS (SELECT d.hash FROM ${table} AS d EXCEPT ALL SELECT m.hash FROM lockstep.migrations AS m)`;
}
