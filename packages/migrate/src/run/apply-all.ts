import {
  isLockstepError,
  type LockstepError,
  type Migration,
  type ReplicaMigration,
} from '@lockstep/protocol';
import { applyMigration } from './apply.ts';
import { applyTogether, countTogether, readDurations } from './apply-chunk.ts';
import type { ApplyContext } from './apply-context.ts';
import { otherFailure } from './failure.ts';
import type { MigrationGuard } from './guard.ts';
import type { PendingMigration } from './plan.ts';
import type { MigrationOutcome } from './run-options.ts';
import { statementsFor } from './statements.ts';

export type Outcome = MigrationOutcome & { readonly error: LockstepError | null };

type Pending = PendingMigration<Migration | ReplicaMigration>;

/** What is asked of a whole run beside its migrations. */
export interface AllOptions {
  /** For the last one alone. */
  readonly lastGuard: MigrationGuard | null;
  readonly afterMigration: ((migration: Migration | ReplicaMigration) => Promise<void>) | undefined;
}

/** Applies what is pending in order, until one fails: an outcome each. */
export async function applyPending(
  context: ApplyContext,
  pending: readonly Pending[],
  options: AllOptions,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let hasFailed = false;
  while (!hasFailed && outcomes.length < pending.length) {
    outcomes.push(...(await applyChunk(context, pending, outcomes.length, options)));
    const next = pending[outcomes.length];
    if (next === undefined) break;
    const outcome = await applyOne(context, pending, outcomes.length, options);
    outcomes.push(outcome);
    hasFailed = outcome.error !== null;
  }
  const rest = pending.slice(outcomes.length);
  return [
    ...outcomes,
    ...rest.map(({ migration: { tag } }) => ({
      tag,
      outcome: 'not-run' as const,
      durationMs: 0,
      error: null,
    })),
  ];
}

async function applyOne(
  context: ApplyContext,
  all: readonly Pending[],
  position: number,
  { lastGuard, afterMigration }: AllOptions,
): Promise<Outcome> {
  const { clock, tell } = context;
  const pending = all[position] as Pending;
  const { tag } = pending.migration;
  tell({ kind: 'started', tag, position: position + 1, of: all.length });
  const startedAt = clock.now();
  const isLast = position === all.length - 1;
  const guards = isLast && lastGuard !== null ? [...context.guards, lastGuard] : context.guards;
  let durationMs: number;
  try {
    durationMs = await applyMigration({ ...context, guards }, pending);
    tell({ kind: 'applied', tag, durationMs });
  } catch (cause) {
    const error = isLockstepError(cause) ? cause : otherFailure(pending.migration, cause);
    tell({ kind: 'failed', tag, error });
    return { tag, outcome: 'failed', durationMs: clock.now() - startedAt, error };
  }
  await afterMigration?.(pending.migration);
  return { tag, outcome: 'applied', durationMs, error: null };
}

/** Applies the next ones in one call, where that can be: those that it applied, which are fewer when one fails. */
async function applyChunk(
  context: ApplyContext,
  all: readonly Pending[],
  first: number,
  { lastGuard, afterMigration }: AllOptions,
): Promise<Outcome[]> {
  if (afterMigration !== undefined) return [];
  const end = lastGuard === null ? all.length : all.length - 1;
  const rest = all.slice(first, end);
  const chunk = rest.slice(0, countTogether(context, rest));
  if (chunk.length < 2) return [];
  const told = new Set<number>();
  const tellBegin = (index: number) => {
    const pending = chunk[index];
    if (pending === undefined || told.has(index)) return;
    told.add(index);
    const { migration } = pending;
    const { tag } = migration;
    const of = statementsFor(migration, context.target).length;
    context.tell({ kind: 'started', tag, position: first + index + 1, of: all.length });
    if (of > 0)
      context.tell({ kind: 'statement', tag, statement: 1, ...(of > 1 ? { through: of } : {}), of });
  };
  tellBegin(0);
  // The one that failed is run again by itself, and tells why.
  await applyTogether(context, chunk).catch(() => undefined);
  const durations = await readDurations(context, chunk);
  const outcomes: Outcome[] = [];
  for (const [
    index,
    {
      migration: { tag },
    },
  ] of chunk.entries()) {
    const durationMs = durations.get(tag);
    if (durationMs === undefined) break;
    tellBegin(index);
    context.tell({ kind: 'applied', tag, durationMs });
    outcomes.push({ tag, outcome: 'applied', durationMs, error: null });
  }
  return outcomes;
}
