import type { MigrationBundle } from '@lockstep/protocol';
import type { AppliedState } from '../../run/applied.ts';
import { drizzleTable, type TrackingOptions } from '../../run/drizzle-table.ts';
import type { Executor } from '../../run/executor/executor.ts';

/** A row of Drizzle's table for a file into which ENABLE ELECTRIC was put after it was applied (decision 1). */
export interface PlainRow {
  readonly tag: string;
  /** As applied, and as the file is now. */
  readonly applied: string;
  readonly shipped: string;
}

/**
 * Such rows, where everything that is applied is Drizzle's and belongs to the history's beginning; empty otherwise: then
 * what is tracked needs no adoption.
 */
export function findPlainRows(bundle: MigrationBundle, applied: AppliedState): readonly PlainRow[] {
  const { migrations, drizzleOnly } = applied;
  if (migrations.length > 0 || drizzleOnly.length > bundle.migrations.length) return [];
  const rows = new Set(drizzleOnly.map(({ hash }) => hash));
  const first = bundle.migrations.slice(0, drizzleOnly.length);
  const isKnown = first.every(({ hash, plainHash }) => rows.has(hash) || rows.has(plainHash ?? hash));
  if (!isKnown) return [];
  return first.flatMap(({ tag, hash, plainHash }) =>
    plainHash === null || rows.has(hash) ? [] : [{ tag, applied: plainHash, shipped: hash }],
  );
}

/** Gives the rows the hash that their files have now, so that Drizzle's tools and ours see the same history. */
export async function renewPlainRows(
  tx: Executor,
  rows: readonly PlainRow[],
  tracking: TrackingOptions,
): Promise<void> {
  for (const { applied, shipped } of rows) {
    await tx.query(`UPDATE ${drizzleTable(tracking)} SET hash = $2::text WHERE hash = $1::text`, [
      applied,
      shipped,
    ]);
  }
}
