import type { MigrationBundle } from '@lockstep/protocol';
import { applyDeltas } from './diff.ts';
import { structureFor } from './for-target.ts';
import type { Structure } from './structure.ts';

/** What an empty database has. */
export const EMPTY_STRUCTURE: Structure = { 'schema public': 'schema' };

/** The structure that a bundle promises, or why it promises none. */
export type Promised =
  | { readonly kind: 'known'; readonly structure: Structure }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * The structure of a database in which the bundle's migrations up to `tag` are applied, or all of them for null. Compare
 * it with `structureFor(target, await readStructure(executor))`. A server's is unknown from the first migration on
 * that PGlite couldn't replay as a server would.
 */
export function readPromise(
  bundle: MigrationBundle,
  tag: string | null,
  target: 'server' | 'embedded',
): Promised {
  const last =
    tag === null ? bundle.migrations.length - 1 : bundle.migrations.findIndex((entry) => entry.tag === tag);
  if (tag !== null && last === -1) return { kind: 'unknown', reason: `The bundle has no migration ${tag}.` };
  const entries = bundle.migrations.slice(0, last + 1);
  const deltas = [];
  for (const { tag: name, structure } of entries) {
    if (structure === undefined) {
      return {
        kind: 'unknown',
        reason: `${name} was compiled by an older version: compile the bundle again.`,
      };
    }
    if (target === 'server' && structure.serverUnknown !== null) {
      return { kind: 'unknown', reason: `${name}: ${structure.serverUnknown}` };
    }
    deltas.push(structure.delta);
  }
  return { kind: 'known', structure: structureFor(target, applyDeltas(EMPTY_STRUCTURE, deltas)) };
}

/** `readPromise`, or null where nothing is promised. */
export function promisedStructure(
  bundle: MigrationBundle,
  tag: string | null,
  target: 'server' | 'embedded',
): Structure | null {
  const promised = readPromise(bundle, tag, target);
  return promised.kind === 'known' ? promised.structure : null;
}
