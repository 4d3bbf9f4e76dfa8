import {
  isLockstepError,
  type LockstepError,
  type MigrationBundle,
  type SchemaVersion,
} from '@lockstep/protocol';
import { currentVersion } from '../../run/applied.ts';
import { type Clock, systemClock } from '../../run/clock.ts';
import type { TrackingOptions } from '../../run/drizzle-table.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { acquireLease, type Lease, noLease } from '../../run/lease.ts';
import type { LeaseOptions } from '../../run/run-options.ts';
import type { StashCount } from '../../run/stash/move-to-stash.ts';
import { readApplied } from '../../run/tracking.ts';
import { ensureTracking } from '../../run/tracking-schema.ts';
import { planRollback, type RollbackPlan, type UndoneMigration } from './plan-rollback.ts';
import { beginRollbackCheck } from './rollback-check.ts';
import { impossibleError, lossError } from './rollback-error.ts';
import { previewRollback, type RollbackPreview } from './rollback-preview.ts';
import { readStoredEntries } from './stored-entries.ts';
import { undoMigration } from './undo-migration.ts';

export interface RollbackOptions {
  /** The newest migration that stays applied; null: none does. */
  readonly to: string | null;
  readonly target: 'server' | 'embedded';
  /** Its downs are preferred where it has the same migration: they may have been written since. */
  readonly bundle?: MigrationBundle;
  /** Data may be lost for good. */
  readonly acceptLoss?: boolean;
  /** False: what is dropped is not copied into the stash first. Needs `acceptLoss`. */
  readonly stash?: boolean;
  readonly onEvent?: (event: RollbackEvent) => void;
  readonly lease?: LeaseOptions;
  /** Drizzle's tracking table, where it isn't `drizzle.__drizzle_migrations`. */
  readonly tracking?: TrackingOptions;
  /** How long a statement on a server waits for a lock: 10 s. */
  readonly lockTimeoutMs?: number;
  readonly clock?: Clock;
}

/** What a rollback tells while it runs. Durations in milliseconds. */
export type RollbackEvent =
  | { readonly kind: 'waiting'; readonly holder: string }
  | { readonly kind: 'undoing'; readonly tag: string; readonly position: number; readonly of: number }
  | ({ readonly kind: 'stashed' | 'restored'; readonly tag: string } & StashCount)
  | { readonly kind: 'undone'; readonly tag: string; readonly durationMs: number };

/** `version` is what is applied when it ends. */
export type RollbackResult =
  | { readonly kind: 'nothing'; readonly version: SchemaVersion | null }
  | {
      readonly kind: 'rolled-back';
      readonly version: SchemaVersion | null;
      readonly undone: readonly string[];
    }
  /** Nothing was done: ROLLBACK_IMPOSSIBLE, ROLLBACK_LOSES_DATA, MIGRATION_LEASE_TIMEOUT. */
  | { readonly kind: 'refused'; readonly version: SchemaVersion | null; readonly error: LockstepError }
  /** One could not be undone: it is applied as it was, those before it in the list are undone. */
  | {
      readonly kind: 'failed';
      readonly version: SchemaVersion | null;
      readonly undone: readonly string[];
      readonly error: LockstepError;
    };

const LOCK_TIMEOUT_MS = 10_000;

/**
 * What `rollback` would do, with the rows that it concerns counted. Reads only. Null when there is nothing to undo.
 * Throws ROLLBACK_IMPOSSIBLE.
 */
export async function describeRollback(
  executor: Executor,
  options: Pick<RollbackOptions, 'to' | 'target' | 'bundle' | 'stash' | 'tracking'>,
): Promise<RollbackPreview | null> {
  const found = await plan(executor, options);
  if (found.kind === 'nothing') return null;
  if (found.kind === 'impossible') throw impossibleError(found.obstacles);
  return previewRollback(executor, found.migrations, {
    target: options.target,
    stash: options.stash ?? true,
  });
}

/**
 * Undoes every migration behind `to`, newest first, each in its own transaction with its rows in both tracking tables
 * (D3). The downs are those that were stored when the migrations were applied, so it works where their files are gone.
 * What it drops goes into the stash, and what the migrations had dropped comes out of it. Each is recorded in
 * `lockstep.rollbacks`, for ever. What it would lose for good is refused unless `acceptLoss` says so.
 */
export async function rollback(executor: Executor, options: RollbackOptions): Promise<RollbackResult> {
  const clock = options.clock ?? systemClock;
  const refusal = await refusalOf(executor, options);
  if (refusal !== null) return refusal;
  await ensureTracking(executor, options.target, clock, options.tracking);
  const lease = await tryToAcquire(executor, options, clock);
  if (isLockstepError(lease)) return refused(executor, lease);
  try {
    // Others may have been at work meanwhile.
    return (await refusalOf(executor, options)) ?? (await undoAll(executor, options, lease, clock));
  } finally {
    await lease.release().catch(() => undefined);
  }
}

async function plan(
  executor: Executor,
  { to, bundle, tracking }: Pick<RollbackOptions, 'to' | 'bundle' | 'tracking'>,
): Promise<RollbackPlan> {
  const [entries, applied] = [await readStoredEntries(executor), await readApplied(executor, tracking)];
  return planRollback({
    entries,
    to,
    drizzleOnly: applied.drizzleOnly.length,
    ...(bundle === undefined ? {} : { bundle }),
  });
}

async function refusalOf(executor: Executor, options: RollbackOptions): Promise<RollbackResult | null> {
  const found = await plan(executor, options);
  if (found.kind === 'nothing') return { kind: 'nothing', version: await versionOf(executor) };
  if (found.kind === 'impossible') return refused(executor, impossibleError(found.obstacles));
  if (options.acceptLoss === true) return null;
  const { target, stash = true } = options;
  const { losses } = await previewRollback(executor, found.migrations, { target, stash });
  return losses.length === 0 ? null : refused(executor, lossError(losses));
}

async function undoAll(
  executor: Executor,
  options: RollbackOptions,
  lease: Lease,
  clock: Clock,
): Promise<RollbackResult> {
  const tell = options.onEvent ?? (() => undefined);
  const found = await plan(executor, options);
  const migrations: readonly UndoneMigration[] = found.kind === 'undo' ? found.migrations : [];
  const undone: string[] = [];
  const context = {
    executor,
    target: options.target,
    lease,
    clock,
    stash: options.stash ?? true,
    acceptLoss: options.acceptLoss ?? false,
    lockTimeoutMs: options.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    tracking: options.tracking ?? {},
    tell,
  };
  const check = await beginCheck(executor, options, migrations);
  for (const [index, migration] of migrations.entries()) {
    const { tag } = migration.migration;
    tell({ kind: 'undoing', tag, position: index + 1, of: migrations.length });
    const startedAt = clock.now();
    try {
      const isLast = index === migrations.length - 1;
      await undoMigration({ ...context, check: isLast ? check : null }, migration);
    } catch (error) {
      if (!isLockstepError(error)) throw error;
      return { kind: 'failed', version: await versionOf(executor), undone, error };
    }
    undone.push(tag);
    tell({ kind: 'undone', tag, durationMs: Math.round(clock.now() - startedAt) });
  }
  return { kind: 'rolled-back', version: await versionOf(executor), undone };
}

async function beginCheck(
  executor: Executor,
  { target, tracking = {} }: RollbackOptions,
  migrations: readonly UndoneMigration[],
) {
  const undone = migrations.map(({ migration }) => migration).toReversed();
  const tags = new Set(undone.map(({ tag }) => tag));
  const entries = (await readStoredEntries(executor)).filter(({ tag }) => !tags.has(tag));
  const staying = entries.flatMap(({ migration }) => migration ?? []);
  if (staying.length !== entries.length) return null;
  return beginRollbackCheck(executor, { staying, undone, target, tracking });
}

async function tryToAcquire(
  executor: Executor,
  { lease = {}, onEvent }: RollbackOptions,
  clock: Clock,
): Promise<Lease | LockstepError> {
  if (!executor.capabilities.isShared) return noLease;
  try {
    return await acquireLease(executor, lease, clock, (holder) => onEvent?.({ kind: 'waiting', holder }));
  } catch (error) {
    if (isLockstepError(error)) return error;
    throw error;
  }
}

async function refused(executor: Executor, error: LockstepError): Promise<RollbackResult> {
  return { kind: 'refused', version: await versionOf(executor), error };
}

async function versionOf(executor: Executor): Promise<SchemaVersion | null> {
  return currentVersion(await readApplied(executor));
}
