import { type Migration, quoteLiteral, type ReplicaMigration } from '@lockstep/protocol';
import type { ApplyContext } from './apply-context.ts';
import { joinSql } from './apply-together.ts';
import type { PendingMigration } from './plan.ts';
import { REMEMBER_FOR_CONNECTION, RESTORE_SETTINGS } from './settings.ts';
import { statementsFor, type TargetStatement, toSegments } from './statements.ts';
import { appliedSql } from './tracking-sql.ts';

/** More would only make the progress coarser. */
const STATEMENTS_MAX = 100;

type Pending = PendingMigration<Migration | ReplicaMigration>;

/**
 * How many of the next migrations can be sent as one call, each still in a transaction of its own: in this process a
 * call costs more than most statements. None where somebody has to be asked within or between them.
 */
export function countTogether(context: ApplyContext, pending: readonly Pending[]): number {
  if (!context.executor.capabilities.isInProcess || context.alongside !== undefined) return 0;
  let statements = 0;
  const end = pending.findIndex((one) => {
    const own = plainStatements(context, one);
    statements += own?.length ?? 0;
    return own === null || statements > STATEMENTS_MAX;
  });
  return end === -1 ? pending.length : end;
}

/** Its statements, where it is one transaction and nobody watches it; null otherwise. */
function plainStatements(context: ApplyContext, pending: Pending): readonly TargetStatement[] | null {
  const { migration } = pending;
  if (pending.isBegun || context.guards.some((guard) => guard.concerns?.(migration) ?? true)) return null;
  if ('program' in migration && migration.program !== null && context.target !== 'replica') return null;
  const statements = statementsFor(migration, context.target);
  const [segment, ...more] = toSegments(statements, 0);
  if (segment?.kind !== 'transaction' || more.length > 0) return null;
  return statements.some(({ sql }) => MAY_CHANGE_SETTINGS.test(sql)) ? null : statements;
}

/** Code may set parameters for good, which the next migration must not see. */
const MAY_CHANGE_SETTINGS = /set_config|\b(?:do|call|execute|select)\b/i;

/** Applies migrations that go together. When it throws, those before the failing one are applied, and it left nothing. */
export async function applyTogether(context: ApplyContext, pending: readonly Pending[]): Promise<void> {
  const { executor, target, tracking, hasDrizzleNames } = context;
  const transactions = pending.map(({ migration }) =>
    joinSql([
      ...statementsFor(migration, target).map(({ sql }) => sql),
      appliedSql({ migration, target, durationMs: 0, tracking, hasDrizzleNames }),
    ]),
  );
  // The driver's own transaction keeps everybody else on this connection out until the end.
  await executor.transaction((tx) =>
    tx.exec(
      joinSql([
        `SELECT ${REMEMBER_FOR_CONNECTION}`,
        transactions.join(';\nCOMMIT;\nBEGIN;\n'),
        RESTORE_SETTINGS,
      ]),
    ),
  );
}

/** How long each of them took, in milliseconds, by tag: those that are applied. */
export async function readDurations(
  { executor }: ApplyContext,
  pending: readonly Pending[],
): Promise<ReadonlyMap<string, number>> {
  const tags = pending.map(({ migration }) => quoteLiteral(migration.tag));
  const rows = await executor.query<{ tag: string; ms: string }>(
    `SELECT tag, coalesce(duration_ms, 0)::text AS ms FROM lockstep.migrations WHERE tag IN (${tags.join(', ')})`,
  );
  return new Map(rows.map(({ tag, ms }) => [tag, Number(ms)]));
}
