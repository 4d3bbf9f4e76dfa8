import { LockstepError, type Migration } from '@lockstep/protocol';
import { drizzleOptions } from '../../run/drizzle-ignored.ts';
import type { TrackingOptions } from '../../run/drizzle-table.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { diffStructures } from '../structure/diff.ts';
import { structureFor } from '../structure/for-target.ts';
import { formatStructureDiff } from '../structure/format-diff.ts';
import { isQuiet, judgeRun } from '../structure/judge-run.ts';
import { promisedStructure } from '../structure/promise.ts';
import { readStructure } from '../structure/read-structure.ts';

/** What a rollback is about, for its check. In the order of the history. */
export interface CheckedRollback {
  readonly staying: readonly Migration[];
  readonly undone: readonly Migration[];
  readonly target: 'server' | 'embedded';
  readonly tracking: TrackingOptions;
}

/**
 * Looks at the database before a rollback, and gives the check of its last transaction: the structure is what the
 * migrations that stay promise, and nothing is left of the others. What differed before is not its fault. Null where
 * nothing is promised. The check throws ROLLBACK_FAILED.
 */
export async function beginRollbackCheck(
  executor: Executor,
  { staying, undone, target, tracking }: CheckedRollback,
): Promise<((tx: Executor) => Promise<void>) | null> {
  const promised = promisedStructure({ migrations: staying }, null, target);
  const whole = promisedStructure({ migrations: [...staying, ...undone] }, null, target);
  if (promised === null || whole === null) return null;
  const look = async (from: Executor) =>
    structureFor(target, await readStructure(from, drizzleOptions(tracking)));
  const actual = await look(executor);
  const before = { actual, drift: diffStructures(whole, actual) };
  const deltas = undone.flatMap(({ structure }) => (structure === undefined ? [] : [structure.delta]));
  const made = new Set(deltas.flatMap(({ set }) => Object.keys(set)));
  return async (tx) => {
    const after = await look(tx);
    const { damage } = judgeRun(promised, after, before, deltas);
    const leftovers = diffStructures(promised, after).unexpected.filter(({ identity }) => made.has(identity));
    const wrong = { ...damage, unexpected: leftovers };
    if (isQuiet(wrong)) return;
    throw new LockstepError('ROLLBACK_FAILED', {
      message: `The database would not be what the migrations that stay promise, so nothing of the last step was kept:\n${formatStructureDiff(wrong)}`,
      remedy:
        'Correct the down, or what was changed by hand. `db:verify` shows how the database differs now.',
      details: { diff: wrong },
    });
  };
}
