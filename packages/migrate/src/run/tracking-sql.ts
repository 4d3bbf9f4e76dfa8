import {
  type Migration,
  migrationSchema,
  quoteLiteral,
  type ReplicaMigration,
  toReplicaMigration,
} from '@lockstep/protocol';
import type { Attempt } from './attempt.ts';
import { drizzleName, drizzleTable, type TrackingOptions } from './drizzle-table.ts';
import type { Target } from './target.ts';

/** What a row of our table says of a migration. */
export interface Progress {
  readonly migration: Migration | ReplicaMigration;
  readonly target: Target;
  /** What it had taken when its transaction began, which adds its own; null where nobody measured. */
  readonly durationMs: number | null;
  /** The statements done, or null when it is applied whole. */
  readonly step: number | null;
  readonly attempt?: Attempt | null;
  readonly tracking?: TrackingOptions;
  /** Whether Drizzle's table has the columns of 1.0; where that is not known, the database looks. */
  readonly hasDrizzleNames?: boolean;
  /** An earlier transaction wrote the row already. */
  readonly isRecorded?: boolean;
}

/** SQL that writes how far a migration got, so that the next run goes on from there. */
export function progressSql(progress: Progress): string {
  const { migration, target, durationMs, step, attempt = null, isRecorded = false } = progress;
  const values: Readonly<Record<string, string>> = {
    tag: quoteLiteral(migration.tag),
    index: String(migration.index),
    '"when"': String(migration.when),
    hash: quoteLiteral(migration.hash),
    chain: quoteLiteral(migration.chain),
    entry: `${quoteLiteral(formatEntry(migration, target))}::jsonb`,
    target: quoteLiteral(target),
    applied_at: 'clock_timestamp()',
    duration_ms: durationMs === null ? 'NULL' : `${Math.round(durationMs)} + ${TRANSACTION_MS}`,
    step: step === null ? 'NULL' : String(step),
    attempt: attempt === null ? 'NULL' : `${quoteLiteral(JSON.stringify(attempt))}::jsonb`,
  };
  const columns = Object.keys(values);
  if (!isRecorded) {
    return `INSERT INTO lockstep.migrations (${columns.join(', ')}) VALUES (${Object.values(values).join(', ')})`;
  }
  const changes = columns.map((column) => `${column} = ${values[column]}`);
  // Begun under another name, or with another text behind what was run.
  return `UPDATE lockstep.migrations SET ${changes.join(', ')}
    WHERE step IS NOT NULL AND (tag = ${values.tag} OR hash = ${values.hash})`;
}

/** Several transactions of one call have the call's time as their beginning: then the row before tells theirs. */
const TRANSACTION_MS = `(extract(epoch FROM clock_timestamp() - greatest(transaction_timestamp(),
  (SELECT b.applied_at FROM lockstep.migrations AS b ORDER BY b.id DESC LIMIT 1))) * 1000)::integer`;

/** SQL for the tracking rows of a migration that is applied with the transaction at hand. */
export function appliedSql(progress: Omit<Progress, 'step' | 'attempt'>): string {
  const own = progressSql({ ...progress, step: null });
  return progress.target === 'replica'
    ? own
    : `${own};\n${drizzleSql(progress.migration, progress.tracking, progress.hasDrizzleNames)}`;
}

/** SQL that forgets a migration of which nothing was applied. */
export function forgetSql({ tag, hash }: ReplicaMigration): string {
  return `DELETE FROM lockstep.migrations
    WHERE step = 0 AND (tag = ${quoteLiteral(tag)} OR hash = ${quoteLiteral(hash)})`;
}

/**
 * As Drizzle writes it: the file's hash and the journal's `when`. The table of 1.0 has `name` and `applied_at` besides,
 * and goes by the name: the record takes those columns that are there.
 */
export function drizzleSql(
  migration: ReplicaMigration,
  tracking: TrackingOptions = {},
  hasNames = true,
): string {
  const table = drizzleTable(tracking);
  const { hash, when } = migration;
  if (!hasNames) return `INSERT INTO ${table} (hash, created_at) VALUES (${quoteLiteral(hash)}, ${when})`;
  return `INSERT INTO ${table}
    SELECT row.* FROM jsonb_populate_record(NULL::${table}, jsonb_build_object(
      'id', nextval(pg_get_serial_sequence(${quoteLiteral(table)}, 'id')), 'hash', ${quoteLiteral(hash)},
      'created_at', ${when}, 'name', ${quoteLiteral(drizzleName(migration))}, 'applied_at', now())) AS row`;
}

/** What is stored: the whole migration, or on a replica the half that it has. */
export function formatEntry(migration: Migration | ReplicaMigration, target: Target): string {
  if (target !== 'replica') return JSON.stringify(migrationSchema.parse(migration));
  return JSON.stringify('server' in migration ? toReplicaMigration(migration) : migration);
}
