import { LockstepError, type Migration, type MigrationBundle } from '@lockstep/protocol';
import { type Clock, systemClock } from '../../run/clock.ts';
import type { TrackingOptions } from '../../run/drizzle-table.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { acquireLease, noLease } from '../../run/lease.ts';
import type { LeaseOptions } from '../../run/run-options.ts';
import { readApplied } from '../../run/tracking.ts';
import { ensureTracking } from '../../run/tracking-schema.ts';
import { appliedSql, progressSql } from '../../run/tracking-sql.ts';
import { diffStructures, isSameStructure, type StructureDiff } from '../structure/diff.ts';
import { structureFor } from '../structure/for-target.ts';
import { readStructure } from '../structure/read-structure.ts';
import type { Structure } from '../structure/structure.ts';
import { electrifyAdopted } from './electrify-adopted.ts';
import { type Legacy, readLegacy } from './legacy.ts';
import { recordLegacy } from './legacy-record.ts';
import { type LegacyMatch, matchLegacy } from './match-legacy.ts';
import { findPlainRows, type PlainRow, renewPlainRows } from './plain-rows.ts';
import { type AdoptionPlan, planAdoption } from './plan-adoption.ts';
import { promisedVersions } from './promised-versions.ts';
import { findSquashed, removeTracking } from './squashed.ts';

export interface AdoptOptions {
  readonly target: 'server' | 'embedded';
  /** The version that it is said to be at, where the structure fits several; only that one is compared. */
  readonly at?: string;
  /** Consent to run the repair, and to keep what the history doesn't know. */
  readonly repair?: boolean;
  /**
   * The history was squashed into fewer files since: the rows of the files that are gone give way to those of the version
   * that the database equals. Never with a repair: what lay in the squashed files and wasn't run is not known.
   */
  readonly squashed?: boolean;
  /** Where Drizzle's tracking table is. */
  readonly tracking?: TrackingOptions;
  readonly lease?: LeaseOptions;
  readonly clock?: Clock;
}

export type Adoption =
  | {
      readonly kind: 'adopted';
      /** The version that it is at now. */
      readonly tag: string;
      /** What was marked as applied, in order. */
      readonly tags: readonly string[];
      /** Statements of the repair that were run. */
      readonly repaired: readonly string[];
      /** Objects that the history doesn't know: they stay. */
      readonly kept: readonly string[];
      /** What was applied before its files were squashed, oldest first: kept in `lockstep.legacy_migrations`. */
      readonly replaced: readonly string[];
      readonly legacy: LegacyMatch;
    }
  /** An empty database, or one that has tracking rows: a run does what there is to do. */
  | { readonly kind: 'nothing-to-adopt'; readonly reason: 'empty' | 'tracked' }
  | Unadoptable;

/** Nothing was changed. */
export interface Unadoptable {
  readonly kind: 'unadoptable';
  readonly plan: Extract<AdoptionPlan, { kind: 'ambiguous' | 'different' | 'unknown' }>;
  readonly legacy: LegacyMatch;
}

/**
 * Takes over a database whose tables something else made (E1, E2, D2): finds by its structure which version it equals
 * and writes that version's tracking rows. Without such a version nothing is changed, unless `repair` consents to
 * running the repair; then the structure is proven again before anything is kept. Rows of `_migrations` and
 * `__manual_migrations` are recorded with the migrations they speak of. All in one transaction.
 *
 * Raises what the driver raises, MIGRATION_LEASE_TIMEOUT, ADOPTION_REPAIR_FAILED, ELECTRIC_UNKNOWN_TO_POSTGRES.
 */
export async function adopt(
  executor: Executor,
  bundle: MigrationBundle,
  options: AdoptOptions,
): Promise<Adoption> {
  const clock = options.clock ?? systemClock;
  // The first look changes nothing, not even by making tracking tables.
  const first = await inspectAdoption(executor, bundle, options);
  if (!canAdopt(first, options)) return answer(first);
  await ensureTracking(executor, options.target, clock, options.tracking);
  const lease = executor.capabilities.isShared
    ? await acquireLease(executor, options.lease ?? {}, clock, () => undefined)
    : noLease;
  try {
    return await executor.transaction(async (tx) => {
      await lease.enter(tx);
      const found = await inspectAdoption(tx, bundle, options);
      const adoption = canAdopt(found, options) ? await takeOver(tx, bundle, options, found) : answer(found);
      await lease.renew(tx);
      return adoption;
    });
  } finally {
    await lease.release().catch(() => undefined);
  }
}

/** What an adoption finds before it does anything. */
export interface AdoptionInspection {
  /** It has tracking rows already, of the files as they are: there is nothing to adopt. */
  readonly isTracked: boolean;
  /** Drizzle's rows of files into which ENABLE ELECTRIC was put since: what they say is adopted. */
  readonly plain: readonly PlainRow[];
  /** What is applied and would be replaced, where the history is said to be squashed. */
  readonly replaced: readonly string[];
  readonly plan: AdoptionPlan;
  /** What older runners left. */
  readonly found: Legacy;
  readonly legacy: LegacyMatch;
}

/** Looks which version a database is at, and changes nothing. */
export async function inspectAdoption(
  executor: Executor,
  bundle: MigrationBundle,
  options: Pick<AdoptOptions, 'target' | 'at' | 'tracking' | 'squashed'>,
): Promise<AdoptionInspection> {
  const applied = await readApplied(executor, options.tracking);
  const found = await readLegacy(executor);
  const legacy = matchLegacy(found.rows, bundle.migrations);
  const actual = await readOwnStructure(executor, options.target, found);
  const plain = findPlainRows(bundle, applied);
  const replaced = options.squashed === true && plain.length === 0 ? findSquashed(bundle, applied) : [];
  const claimed = bundle.migrations.findLast(({ tag }) => legacy.matched.some((match) => match.tag === tag));
  // Drizzle's rows say it for sure; what they say is proven all the same.
  const at = plain.length > 0 ? bundle.migrations[applied.drizzleOnly.length - 1]?.tag : options.at;
  const plan = planAdoption(promisedVersions(bundle, options.target), actual, {
    ...(at === undefined ? {} : { at }),
    ...(claimed === undefined ? {} : { claimed: claimed.tag }),
  });
  return {
    isTracked:
      plain.length + replaced.length === 0 && applied.migrations.length + applied.drizzleOnly.length > 0,
    plain,
    replaced,
    plan,
    found,
    legacy,
  };
}

/** Without the tables of older runners: no history of ours promises them. */
async function readOwnStructure(
  executor: Executor,
  target: AdoptOptions['target'],
  { tables }: Legacy,
): Promise<Structure> {
  return structureFor(target, await readStructure(executor, { ignoreRelations: tables }));
}

/** Whether an adoption would be carried out: it is proven, or its repair may be run. */
export function canAdopt(
  { isTracked, replaced, plan }: AdoptionInspection,
  { repair = false }: Pick<AdoptOptions, 'repair'>,
): boolean {
  if (isTracked) return false;
  if (plan.kind === 'exact') return true;
  return plan.kind === 'different' && repair && replaced.length === 0 && plan.repair.byHand.length === 0;
}

function answer({ isTracked, plan, legacy }: AdoptionInspection): Adoption {
  if (isTracked) return { kind: 'nothing-to-adopt', reason: 'tracked' };
  if (plan.kind === 'empty') return { kind: 'nothing-to-adopt', reason: 'empty' };
  if (plan.kind === 'exact') throw new Error('An exact plan is carried out.');
  return { kind: 'unadoptable', plan, legacy };
}

async function takeOver(
  tx: Executor,
  bundle: MigrationBundle,
  { target, tracking = {} }: AdoptOptions,
  { plan, plain, replaced, found, legacy }: AdoptionInspection,
): Promise<Adoption> {
  if (plan.kind !== 'exact' && plan.kind !== 'different') throw new Error('Only these can be taken over.');
  const repair = plan.kind === 'different' ? plan.repair : { statements: [], kept: [] };
  for (const sql of repair.statements) await runRepair(tx, sql);
  if (plan.kind === 'different') {
    const expected = promisedVersions(bundle, target).find(({ tag }) => tag === plan.tag)?.structure ?? {};
    requireProven(diffStructures(expected, await readOwnStructure(tx, target, found)), plan.tag);
  }
  const migrations = upTo(bundle, plan.tag);
  if (target === 'server') await electrifyAdopted(tx, migrations);
  await renewPlainRows(tx, plain, tracking);
  const removed = replaced.length === 0 ? [] : await removeTracking(tx, tracking);
  for (const migration of migrations) {
    const progress = { migration, target, durationMs: null, tracking };
    await tx.exec(plain.length > 0 ? progressSql({ ...progress, step: null }) : appliedSql(progress));
  }
  await recordLegacy(tx, { ...legacy, unmatched: [...legacy.unmatched, ...removed] });
  return {
    kind: 'adopted',
    tag: plan.tag,
    tags: migrations.map(({ tag }) => tag),
    repaired: repair.statements,
    kept: repair.kept,
    replaced,
    legacy,
  };
}

function upTo(bundle: MigrationBundle, tag: string): readonly Migration[] {
  return bundle.migrations.slice(0, bundle.migrations.findIndex((migration) => migration.tag === tag) + 1);
}

async function runRepair(tx: Executor, sql: string): Promise<void> {
  try {
    await tx.exec(sql);
  } catch (cause) {
    throw new LockstepError('ADOPTION_REPAIR_FAILED', {
      message: `A statement of the repair failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy:
        'Nothing was changed. Mend what it stumbled over (rows that break a constraint?), and adopt again.',
      details: { statement: sql },
      cause,
    });
  }
}

function requireProven(diff: StructureDiff, tag: string): void {
  const left = { ...diff, unexpected: [] };
  if (isSameStructure(left)) return;
  throw new LockstepError('ADOPTION_REPAIR_FAILED', {
    message: `After the repair the database still differs from ${tag}: ${[...left.missing, ...left.different].map(({ identity }) => identity).join(', ')}.`,
    remedy: 'Nothing was changed. Mend these by hand, and adopt again.',
    details: { diff: left },
  });
}
