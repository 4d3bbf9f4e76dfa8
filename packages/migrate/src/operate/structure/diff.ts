import type { StructureDelta } from '@lockstep/protocol';
import { isApart, nameOf, type Structure, splitNames, toStructure } from './structure.ts';

export interface StructureObject {
  readonly identity: string;
  readonly definition: string;
}

export interface StructureDifference {
  readonly identity: string;
  readonly expected: string;
  readonly actual: string;
}

/** How an actual structure differs from an expected one, each list sorted by identity. */
export interface StructureDiff {
  readonly missing: readonly StructureObject[];
  readonly unexpected: readonly StructureObject[];
  readonly different: readonly StructureDifference[];
  /** No difference to a fingerprint: columns in another order, extensions of another version. */
  readonly apart: readonly StructureDifference[];
}

/** Compares two structures. */
export function diffStructures(expected: Structure, actual: Structure): StructureDiff {
  const changed = differingOf(expected, actual);
  return {
    missing: without(expected, actual),
    unexpected: without(actual, expected),
    different: changed.filter(({ identity }) => !isApart(identity)),
    apart: changed.filter((difference) => isApart(difference.identity) && isJudged(difference)),
  };
}

/** True when a fingerprint sees no difference. */
export function isSameStructure(diff: StructureDiff): boolean {
  return diff.missing.length + diff.unexpected.length + diff.different.length === 0;
}

function without(structure: Structure, other: Structure): StructureObject[] {
  return Object.entries(structure)
    .filter(([identity]) => other[identity] === undefined && !isApart(identity))
    .map(([identity, definition]) => ({ identity, definition }));
}

function differingOf(expected: Structure, actual: Structure): StructureDifference[] {
  return Object.entries(expected).flatMap(([identity, definition]) => {
    const other = actual[identity];
    return other === undefined || other === definition
      ? []
      : [{ identity, expected: definition, actual: other }];
  });
}

/** Of column orders those that differ in the columns that both have: the others are told already. */
function isJudged({ identity, expected, actual }: StructureDifference): boolean {
  if (!identity.startsWith('column order ')) return true;
  const [wanted, found] = [splitNames(expected, ', '), splitNames(actual, ', ')];
  const common = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => others.includes(name)).join(', ');
  return common(wanted, found) !== common(found, wanted);
}

/** The delta that leads from one structure to another. */
export function structureDelta(before: Structure, after: Structure): StructureDelta {
  return {
    set: toStructure(
      Object.entries(after).filter(([identity, definition]) => before[identity] !== definition),
    ),
    drop: Object.keys(before).filter((identity) => after[identity] === undefined),
  };
}

/** Deltas, one after the other, on top of a structure. */
export function applyDeltas(start: Structure, deltas: readonly StructureDelta[]): Structure {
  const objects = new Map(Object.entries(start));
  for (const { set, drop } of deltas) {
    for (const identity of drop) objects.delete(identity);
    for (const [identity, definition] of Object.entries(set)) objects.set(identity, definition);
  }
  return toStructure(objects);
}

/** The table that an object belongs to, as Postgres quotes it; null for one that belongs to none. */
export function tableOf({ identity, definition }: StructureObject): string | null {
  const name = nameOf(identity);
  if (/^(table|column order|replica identity|view|materialized view) /.test(identity)) return name;
  if (/^(column|constraint|trigger|rule|policy) /.test(identity)) {
    return splitNames(name, '.').slice(0, 2).join('.');
  }
  if (identity.startsWith('publication table ')) return splitNames(name, '.').slice(1).join('.');
  if (identity.startsWith('index '))
    return /^CREATE.* ON (?:ONLY )?(.+?) USING /.exec(definition)?.[1] ?? null;
  if (identity.startsWith('sequence ')) {
    const owner = / (?:owned by|identity of) (.+)$/.exec(definition)?.[1];
    return owner === undefined ? null : splitNames(owner, '.').slice(0, 2).join('.');
  }
  return null;
}
