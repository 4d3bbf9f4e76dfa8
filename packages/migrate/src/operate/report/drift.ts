import type { MigrationBundle } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import type { DatabaseStatus } from '../status/status.ts';
import { diffStructures } from '../structure/diff.ts';
import { structureFor } from '../structure/for-target.ts';
import { EMPTY_STRUCTURE, readPromise } from '../structure/promise.ts';
import { readStructure } from '../structure/read-structure.ts';

/** How the database differs from what its migrations made. Names only: a definition may hold what somebody wrote. */
export type Drift =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'found';
      readonly missing: readonly string[];
      readonly unexpected: readonly string[];
      readonly different: readonly string[];
    }
  /** What is applied is no version of this history, or the history promises nothing. */
  | { readonly kind: 'unknown'; readonly reason: string };

export async function readDrift(
  executor: Executor,
  bundle: MigrationBundle,
  status: DatabaseStatus,
  target: 'server' | 'embedded',
): Promise<Drift> {
  const states = bundle.migrations.map(({ tag }) => status.migrations.get(tag)?.kind);
  const applied = states.filter((state) => state === 'applied').length;
  const isVersion =
    states.slice(0, applied).every((state) => state === 'applied') &&
    states.slice(applied).every((state) => state === 'pending') &&
    status.unknown.length === 0;
  if (!isVersion) return { kind: 'unknown', reason: 'What is applied is no version of this history.' };
  const newest = bundle.migrations[applied - 1];
  const promised =
    newest === undefined
      ? ({ kind: 'known', structure: EMPTY_STRUCTURE } as const)
      : readPromise(bundle, newest.tag, target);
  if (promised.kind === 'unknown') return promised;
  const actual = structureFor(target, await readStructure(executor));
  const diff = diffStructures(structureFor(target, promised.structure), actual);
  const names = (objects: readonly { readonly identity: string }[]) =>
    objects.map(({ identity }) => identity);
  const found = {
    missing: names(diff.missing),
    unexpected: names(diff.unexpected),
    different: names(diff.different),
  };
  const isSame = Object.values(found).every((list) => list.length === 0);
  return isSame ? { kind: 'none' } : { kind: 'found', ...found };
}
