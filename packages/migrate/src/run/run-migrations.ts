import {
  isLockstepError,
  LockstepError,
  type Migration,
  type MigrationBundle,
  type ReplicaBundle,
  type ReplicaMigration,
  type SchemaVersion,
} from '@lockstep/protocol';
import { adoptExact } from './adopt-exact.ts';
import { type AppliedState, currentVersion } from './applied.ts';
import { applyPending, type Outcome } from './apply-all.ts';
import type { ApplyContext } from './apply-context.ts';
import { type Clock, systemClock } from './clock.ts';
import { drizzleTable } from './drizzle-table.ts';
import type { RunEvent } from './events.ts';
import type { Executor } from './executor/executor.ts';
import { defaultTarget, type MigratableDatabase, withExecutor } from './executor/with-executor.ts';
import { programMissing } from './failure.ts';
import type { MigrationGuard } from './guard.ts';
import { identityError, readDatabaseId } from './identity.ts';
import { acquireLease, type Lease, noLease, renewDuring } from './lease.ts';
import { type Plan, plan, type Restamp } from './plan.ts';
import { planError } from './plan-error.ts';
import { quickLook } from './quick-look.ts';
import type { MigrationOutcome, RunFailure, RunOptions, RunResult } from './run-options.ts';
import { pruneStash } from './stash/prune-stash.ts';
import { stashGuard } from './stash/stash-guard.ts';
import { beginStructureCheck } from './structure-check.ts';
import type { Target } from './target.ts';
import { hasNameColumn, readApplied, renameRows, restamp, takeOver } from './tracking.ts';
import { ensureTracking } from './tracking-schema.ts';
import { verifyBundle } from './verify-bundle.ts';

const LOCK_TIMEOUT_MS = 2000;
const LOCK_ATTEMPTS = 20;

/**
 * Brings a database to where the bundle is (C1): compares, applies what is pending in order, each migration in its own
 * transaction with its tracking rows. With nothing to do it only reads. Of several runners one applies and the others
 * wait, then find nothing to do.
 *
 * What a migration or the comparison says is returned (`requireMigrated` throws it); a connection that is lost while
 * nothing is being applied is thrown as the driver throws it.
 *
 * @example
 * requireMigrated(await runMigrations(new PGlite('idb://app'), bundle));
 */
export function runMigrations(
  db: MigratableDatabase,
  bundle: MigrationBundle,
  options?: RunOptions<'server' | 'embedded'>,
): Promise<RunResult>;
export function runMigrations(
  db: MigratableDatabase,
  bundle: ReplicaBundle,
  options: RunOptions<'replica'> & { readonly target: 'replica' },
): Promise<RunResult>;
export async function runMigrations(
  db: MigratableDatabase,
  bundle: MigrationBundle | ReplicaBundle,
  options: RunOptions = {},
): Promise<RunResult> {
  if (bundle === undefined) throw noBundle();
  return withExecutor(db, (executor) =>
    runOn(executor, bundle, { ...options, target: options.target ?? defaultTarget(executor) }),
  );
}

/** Only without types: `@lockstep/migrate/node` finds one by itself, a browser has no folder to look in. */
function noBundle(): LockstepError {
  return new LockstepError('CONFIG_INVALID', {
    message: 'runMigrations was given no migrations.',
    remedy:
      'Import the compiled bundle and give it; or import runMigrations from @lockstep/migrate/node, which finds it.',
  });
}

async function runOn(
  executor: Executor,
  bundle: MigrationBundle | ReplicaBundle,
  options: RunOptions & { readonly target: Target },
): Promise<RunResult> {
  const { target } = options;
  const clock = options.clock ?? systemClock;
  const run: Run = {
    executor,
    bundle,
    target,
    options,
    clock,
    tell: options.onEvent ?? (() => undefined),
    startedAt: clock.now(),
  };
  const isAnyDatabase = (options.databaseId ?? null) === null;
  const version = isAnyDatabase
    ? await quickLook(executor, bundle.migrations, target, options.tracking)
    : null;
  if (version !== null) return upToDate(run, bundle.migrations.length, version);
  const first = await compare(run);
  const wrong = await checkIdentity(run);
  if (wrong !== null) return refused(first.found, wrong, first.applied);
  const unadoptable = await adoptIfAsked(run, first.applied);
  if (unadoptable !== null) return unadoptable;
  const { found, applied } = options.adopt === 'exact' ? await compare(run) : first;
  if (isDone(found)) return upToDate(run, applied.migrations.length, currentVersion(applied));
  const error = planError(found);
  if (error !== null) return refused(found, error, applied);

  const damage = verifyBundle(bundle.migrations, target);
  if (damage !== null) return refused(found, damage, applied);
  const absent = absentPrograms(run, found);
  if (absent.length > 0) return refused(found, programMissing(absent), applied);

  await ensureTracking(executor, target, clock, options.tracking);
  const lease = await tryToAcquire(run);
  if (isLockstepError(lease)) return refused(found, lease, applied);
  try {
    return await runUnderLease(run, lease);
  } finally {
    // When this fails the connection is gone, and the lease ends by itself.
    await lease.release().catch(() => undefined);
  }
}

/** Null where the run goes on: adopted, nothing to adopt, or not asked to. A replica has no files that could have been run. */
async function adoptIfAsked(run: Run, applied: AppliedState): Promise<RunFailure | null> {
  const { executor, bundle, target, options } = run;
  const isTracked = applied.migrations.length + applied.drizzleOnly.length > 0;
  if (isTracked || options.adopt !== 'exact' || target === 'replica') return null;
  return adoptExact(executor, bundle as MigrationBundle, target, options);
}

type Entry = Migration | ReplicaMigration;

interface Run {
  readonly executor: Executor;
  readonly bundle: {
    readonly migrations: readonly Entry[];
    readonly programs?: MigrationBundle['programs'];
  };
  readonly target: Target;
  readonly options: RunOptions;
  readonly clock: Clock;
  readonly tell: (event: RunEvent) => void;
  readonly startedAt: number;
}

interface Comparison {
  readonly found: Plan<Entry>;
  readonly applied: AppliedState;
}

async function compare(run: Run): Promise<Comparison> {
  const state = await readApplied(run.executor, run.options.tracking);
  // On a replica nobody runs the files, so Drizzle's table can't speak for it.
  const applied = run.target === 'replica' ? { ...state, drizzleOnly: [] } : state;
  return { found: plan(run.bundle, applied), applied };
}

/** Pending TypeScript migrations whose module the bundle lacks. */
function absentPrograms({ bundle, target }: Run, found: Plan<Entry>): string[] {
  if (found.kind !== 'pending' || target === 'replica') return [];
  return found.pending
    .map(({ migration }) => migration)
    .filter(
      (entry) => 'program' in entry && entry.program !== null && bundle.programs?.[entry.tag] === undefined,
    )
    .map(({ tag }) => tag);
}

async function tryToAcquire(run: Run): Promise<Lease | LockstepError> {
  const { executor, options, clock, tell } = run;
  if (!executor.capabilities.isShared) return noLease;
  try {
    return await acquireLease(executor, options.lease ?? {}, clock, (holder) =>
      tell({ kind: 'waiting', holder }),
    );
  } catch (error) {
    if (isLockstepError(error)) return error;
    throw error;
  }
}

async function checkIdentity({ executor, options }: Run): Promise<LockstepError | null> {
  const { databaseId = null } = options;
  return databaseId === null ? null : identityError(databaseId, await readDatabaseId(executor));
}

/** Others may have been at work while this runner waited: compares anew. */
async function runUnderLease(run: Run, lease: Lease): Promise<RunResult> {
  const { found, applied } = await compare(run);
  const error = planError(found);
  if (error !== null) return refused(found, error, applied);
  if (found.kind !== 'up-to-date' && found.kind !== 'pending')
    throw new Error('A plan without error can be run.');
  if (isDone(found)) return upToDate(run, applied.migrations.length, currentVersion(applied));

  const stopped = await runBeforePending(run, lease, found);
  if (stopped !== null) return refused(found, stopped, applied);
  await takeOverDrizzles(run, lease, found.takeOver);
  const renamed = await renameFirst(run, lease, found.restamp);
  const outcomes = found.kind === 'pending' ? await applyAll(run, lease, found, applied) : [];
  const failure = outcomes.find((outcome) => outcome.error !== null)?.error ?? null;
  if (failure === null) await settle(run, lease, renamed);
  const version = await readVersion(run, applied);
  const migrations: readonly MigrationOutcome[] = outcomes.map(({ error: _error, ...outcome }) => outcome);
  if (failure !== null) return { kind: 'failed', error: failure, version, migrations };
  if (migrations.length === 0) return { kind: 'up-to-date', version, migrations: [] };
  if (run.target !== 'replica' && run.options.stash !== false)
    await pruneStash(run.executor, run.options.stash, run.clock.now());
  run.tell({ kind: 'finished', applied: migrations.length, durationMs: run.clock.now() - run.startedAt });
  return { kind: 'applied', version, migrations };
}

/** What the caller does first may take longer than the lease's term, so the lease is renewed meanwhile. */
async function runBeforePending(run: Run, lease: Lease, found: Plan<Entry>): Promise<LockstepError | null> {
  const { beforePending } = run.options;
  if (beforePending === undefined || found.kind !== 'pending') return null;
  try {
    await renewDuring(run.executor, lease, run.options.lease ?? {}, run.clock, () =>
      beforePending(found.pending.map(({ migration }) => migration)),
    );
    return null;
  } catch (error) {
    if (isLockstepError(error)) return error;
    throw error;
  }
}

async function applyAll(
  run: Run,
  lease: Lease,
  found: Extract<Plan<Entry>, { kind: 'pending' }>,
  applied: AppliedState,
): Promise<Outcome[]> {
  const { options, tell, target, executor } = run;
  const tracking = options.tracking ?? {};
  const context: ApplyContext = {
    ...run,
    lease,
    lockTimeoutMs: options.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
    lockAttempts: options.lockAttempts ?? LOCK_ATTEMPTS,
    tracking,
    hasDrizzleNames: target !== 'replica' && (await hasNameColumn(executor, drizzleTable(tracking))),
    programs: run.bundle.programs ?? {},
    alongside: options.alongside,
    guards: [...stashGuards(run), ...(options.guards ?? [])],
  };
  tell({
    kind: 'planned',
    applied: applied.migrations.filter(({ step }) => step === null).length + found.takeOver.length,
    pending: found.pending.map(({ migration }) => migration.tag),
    outOfOrder: found.pending.filter((entry) => entry.isOutOfOrder).map(({ migration }) => migration.tag),
  });
  const lastGuard = await checkStructure(run, found);
  return applyPending(context, found.pending, { lastGuard, afterMigration: options.afterMigration });
}

async function checkStructure(
  run: Run,
  { pending }: Extract<Plan<Entry>, { kind: 'pending' }>,
): Promise<MigrationGuard | null> {
  const { target, options } = run;
  if (target === 'replica' || options.verify === 'off') return null;
  const tracking = options.tracking ?? {};
  return beginStructureCheck({
    ...run,
    target,
    tracking,
    pending: pending.map(({ migration }) => migration),
  });
}

/** A replica has nothing to lose: its rows come from the server. */
function stashGuards({ options, target, tell }: Run): readonly MigrationGuard[] {
  return target === 'replica' || options.stash === false ? [] : [stashGuard(tell)];
}

async function takeOverDrizzles(run: Run, lease: Lease, migrations: readonly Entry[]): Promise<void> {
  if (migrations.length === 0) return;
  await run.executor.transaction(async (tx) => {
    await lease.enter(tx);
    await takeOver(tx, migrations, run.target, run.options.tracking);
    await lease.renew(tx);
  });
  run.tell({ kind: 'taken-over', tags: migrations.map(({ tag }) => tag) });
}

/**
 * Renumbered rows get their new names before anything is applied: a branch's migration may bear the very tag of one
 * that is merged in before it, and an interrupted one is resumed by its tag.
 */
async function renameFirst(
  run: Run,
  lease: Lease,
  rows: readonly Restamp<Entry>[],
): Promise<readonly Restamp<Entry>[]> {
  if (rows.every(({ storedTag, migration }) => storedTag === migration.tag)) return rows;
  await run.executor.transaction(async (tx) => {
    await lease.enter(tx);
    await renameRows(tx, rows, run.options.tracking);
    await lease.renew(tx);
  });
  return rows.map(({ migration }) => ({ storedTag: migration.tag, migration }));
}

/** Last of all: stored chains may speak of inserted entries only once those are applied. */
async function settle(run: Run, lease: Lease, rows: readonly Restamp<Entry>[]): Promise<void> {
  if (rows.length === 0) return;
  await run.executor.transaction(async (tx) => {
    await lease.enter(tx);
    await restamp(tx, rows, run.target, run.options.tracking);
    await lease.renew(tx);
  });
}

function isDone(found: Plan): boolean {
  return found.kind === 'up-to-date' && found.takeOver.length === 0 && found.restamp.length === 0;
}

function upToDate(run: Run, applied: number, version: SchemaVersion | null): RunResult {
  run.tell({ kind: 'planned', applied, pending: [], outOfOrder: [] });
  return { kind: 'up-to-date', version, migrations: [] };
}

function refused(found: Plan, error: LockstepError, applied: AppliedState): RunResult {
  const tags = found.kind === 'pending' ? found.pending.map(({ migration }) => migration.tag) : [];
  return {
    kind: 'refused',
    error,
    version: currentVersion(applied),
    migrations: tags.map((tag) => ({ tag, outcome: 'not-run', durationMs: 0 })),
  };
}

/** After a failure the connection may be gone: then the version is the one that was read before. */
async function readVersion(run: Run, before: AppliedState): Promise<SchemaVersion | null> {
  try {
    return currentVersion(await readApplied(run.executor, run.options.tracking));
  } catch {
    return currentVersion(before);
  }
}
