import { diffStructures, isSameStructure, type StructureDiff } from '../structure/diff.ts';
import type { Structure } from '../structure/structure.ts';
import { type Repair, repairOf } from './repair.ts';

/** A version of the history and what the bundle promises of it; null where no compiler could know. */
export interface PromisedVersion {
  readonly tag: string;
  readonly structure: Structure | null;
}

/** Which version a database without tracking rows is at. */
export type AdoptionPlan =
  /** Nothing is in it: there is nothing to adopt, a run makes everything. */
  | { readonly kind: 'empty' }
  /** It equals this version. `diff` has only what a fingerprint doesn't see (the order of columns). */
  | { readonly kind: 'exact'; readonly tag: string; readonly diff: StructureDiff }
  /** It equals several versions: what lies between them changed rows only, and nothing tells whether that was done. */
  | { readonly kind: 'ambiguous'; readonly tags: readonly string[] }
  /** It equals none; this is the nearest. */
  | {
      readonly kind: 'different';
      readonly tag: string;
      readonly diff: StructureDiff;
      readonly repair: Repair;
    }
  /** What the history promises isn't known from this migration on. */
  | { readonly kind: 'unknown'; readonly tag: string };

export interface AdoptionHints {
  /** The version that somebody says it is at: only that one is compared. */
  readonly at?: string;
  /** The version that an older runner's table speaks of: it decides between equal ones. */
  readonly claimed?: string;
}

/** Compares a database with every version of its history (E1): by proof, never by what exists already. */
export function planAdoption(
  versions: readonly PromisedVersion[],
  actual: Structure,
  hints: AdoptionHints = {},
): AdoptionPlan {
  if (Object.keys(actual).every((identity) => identity === 'schema public')) return { kind: 'empty' };
  const candidates = versions.filter(({ tag }) => hints.at === undefined || tag === hints.at);
  const compared = candidates.flatMap(({ tag, structure }) =>
    structure === null ? [] : [{ tag, structure, diff: diffStructures(structure, actual) }],
  );
  const equal = compared.filter(({ diff }) => isSameStructure(diff));
  const [only] = equal.length === 1 ? equal : equal.filter(({ tag }) => tag === hints.claimed);
  if (only !== undefined) return { kind: 'exact', tag: only.tag, diff: only.diff };
  if (equal.length > 1) return { kind: 'ambiguous', tags: equal.map(({ tag }) => tag) };
  const unknown = candidates.find(({ structure }) => structure === null);
  if (unknown !== undefined) return { kind: 'unknown', tag: unknown.tag };
  // Of equally near ones the newest: what is missing can be made, what is unexpected would be left over.
  const nearest = compared.toReversed().toSorted((a, b) => sizeOf(a.diff) - sizeOf(b.diff))[0];
  if (nearest === undefined) return { kind: 'empty' };
  const { tag, structure, diff } = nearest;
  return { kind: 'different', tag, diff, repair: repairOf(diff, structure) };
}

function sizeOf({ missing, unexpected, different }: StructureDiff): number {
  return missing.length + unexpected.length + different.length;
}
