import type { MigrationBundle } from '@lockstep/protocol';
import type { AppliedState } from '../../run/applied.ts';
import { drizzleTable, type TrackingOptions } from '../../run/drizzle-table.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { plan } from '../../run/plan.ts';
import { existingTables } from '../../run/tracking-schema.ts';
import type { LegacyRow } from './legacy.ts';

/**
 * The migrations whose rows would give way to those of a squashed history: all that is applied, where the bundle doesn't
 * know some of it. Empty where a run can go on by itself, and where one is half-way: it has to be finished or undone
 * first, with the files it was begun with.
 */
export function findSquashed(bundle: MigrationBundle, applied: AppliedState): readonly string[] {
  const { migrations, drizzleOnly } = applied;
  if (migrations.some(({ step }) => step !== null)) return [];
  const { kind } = plan(bundle, applied);
  if (kind !== 'ahead' && kind !== 'gap' && kind !== 'diverged') return [];
  return [...migrations.map(({ tag }) => tag), ...drizzleOnly.map(({ hash }) => `${hash.slice(0, 12)}…`)];
}

/** Takes the rows out of both tracking tables, and answers them, to be kept for the record. */
export async function removeTracking(tx: Executor, tracking: TrackingOptions): Promise<readonly LegacyRow[]> {
  const tables = [
    { table: 'lockstep.migrations', name: 'tag', time: 'applied_at' },
    { table: drizzleTable(tracking), name: 'id', time: 'created_at' },
  ];
  const existing = await existingTables(
    tx,
    tables.map(({ table }) => table),
  );
  const removed: LegacyRow[] = [];
  for (const { table, name, time } of tables.filter((entry) => existing.has(entry.table))) {
    const rows = await tx.query<LegacyRow & Record<string, unknown>>(
      `DELETE FROM ${table} AS t RETURNING $1::text AS source, t.${name}::text AS name, t.hash,
         t.${time}::text AS "appliedAt", to_jsonb(t)::text AS row`,
      [table],
    );
    removed.push(...rows);
  }
  return removed;
}
