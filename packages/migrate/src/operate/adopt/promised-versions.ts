import type { MigrationBundle } from '@lockstep/protocol';
import { applyDeltas } from '../structure/diff.ts';
import { structureFor } from '../structure/for-target.ts';
import { EMPTY_STRUCTURE } from '../structure/promise.ts';
import type { Structure } from '../structure/structure.ts';
import type { PromisedVersion } from './plan-adoption.ts';

/** What the bundle promises of each of its versions, oldest first: `readPromise` for all of them at once. */
export function promisedVersions(
  bundle: MigrationBundle,
  target: 'server' | 'embedded',
): readonly PromisedVersion[] {
  let whole: Structure | null = EMPTY_STRUCTURE;
  return bundle.migrations.map(({ tag, structure }) => {
    const isUnknown = structure === undefined || (target === 'server' && structure.serverUnknown !== null);
    whole = whole === null || isUnknown ? null : applyDeltas(whole, [structure.delta]);
    return { tag, structure: whole === null ? null : structureFor(target, whole) };
  });
}
