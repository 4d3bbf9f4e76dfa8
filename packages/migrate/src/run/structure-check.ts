import {
  LockstepError,
  type Migration,
  type MigrationBundle,
  type ReplicaMigration,
} from '@lockstep/protocol';
import { diffStructures } from '../operate/structure/diff.ts';
import { structureFor } from '../operate/structure/for-target.ts';
import { formatStructureDiff } from '../operate/structure/format-diff.ts';
import { isQuiet, judgeRun, type StructureBefore } from '../operate/structure/judge-run.ts';
import { promisedStructure } from '../operate/structure/promise.ts';
import { readStructure } from '../operate/structure/read-structure.ts';
import type { Structure } from '../operate/structure/structure.ts';
import { drizzleOptions } from './drizzle-ignored.ts';
import type { TrackingOptions } from './drizzle-table.ts';
import type { RunEvent } from './events.ts';
import type { Executor } from './executor/executor.ts';
import type { MigrationGuard } from './guard.ts';

export interface CheckedRun {
  readonly executor: Executor;
  readonly bundle: { readonly migrations: readonly (Migration | ReplicaMigration)[] };
  readonly target: 'server' | 'embedded';
  /** Not empty, in the order in which they are applied. */
  readonly pending: readonly (Migration | ReplicaMigration)[];
  readonly tracking: TrackingOptions;
  readonly tell: (event: RunEvent) => void;
}

/**
 * Looks at the database before a run, tells what drifted, and gives the guard of the last migration: in its transaction
 * the structure must be the promised one. Null where the bundle promises nothing. The guard throws STRUCTURE_MISMATCH.
 */
export async function beginStructureCheck(run: CheckedRun): Promise<MigrationGuard | null> {
  const { bundle, target, pending, tell } = run;
  if (!isWhole(bundle)) return null;
  const promised = promisedStructure(bundle, null, target);
  if (promised === null) return null;
  const before = await lookBefore(run, bundle);
  const isTold = before.drift !== null && !isQuiet(before.drift);
  if (before.drift !== null && isTold) tell({ kind: 'drift', diff: before.drift });
  const deltas = bundle.migrations.flatMap((entry) =>
    pending.includes(entry) && entry.structure !== undefined ? [entry.structure.delta] : [],
  );
  return {
    async after(tx, migration) {
      const { damage, drift } = judgeRun(promised, await look(run, tx), before, deltas);
      if (!isQuiet(damage)) throw mismatch(migration.tag, formatStructureDiff(damage));
      if (!isTold && !isQuiet(drift)) tell({ kind: 'drift', diff: drift });
    },
  };
}

function isWhole(bundle: CheckedRun['bundle']): bundle is MigrationBundle {
  return bundle.migrations.every((entry) => 'server' in entry);
}

async function lookBefore(run: CheckedRun, bundle: MigrationBundle): Promise<StructureBefore> {
  const { pending, target, executor } = run;
  const first = bundle.migrations.length - pending.length;
  // Without a migration applied, all that is promised is made by this run.
  if (first === 0) return { actual: {}, drift: null };
  const actual = await look(run, executor);
  // Entries that a branch brought in between: there is no version that the database should equal.
  const isPrefix = bundle.migrations.slice(first).every((entry) => pending.includes(entry));
  const promised = isPrefix
    ? promisedStructure({ migrations: bundle.migrations.slice(0, first) }, null, target)
    : null;
  return { actual, drift: promised === null ? null : diffStructures(promised, actual) };
}

async function look({ target, tracking }: CheckedRun, executor: Executor): Promise<Structure> {
  return structureFor(target, await readStructure(executor, drizzleOptions(tracking)));
}

function mismatch(tag: string, diff: string): LockstepError {
  return new LockstepError('STRUCTURE_MISMATCH', {
    message: `With ${tag} the database is not what the migrations promise, so ${tag} was not applied:\n${diff}`,
    remedy:
      "Something was there already in another form, or a statement did something else than on an empty database. Bring the database in line, or correct the migration; `verify: 'off'` applies it all the same.",
    details: { diff },
  });
}
