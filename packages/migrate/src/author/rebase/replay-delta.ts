import { isDeepStrictEqual } from 'node:util';
import type { Snapshot } from '../generate/snapshot.ts';

/** Both sides changed it, and not to the same. */
export interface DeltaConflict {
  /** `['tables', 'public.items', 'columns', 'name']`. */
  readonly path: readonly string[];
}

export interface ReplayedDelta {
  readonly snapshot: Snapshot;
  readonly conflicts: readonly DeltaConflict[];
}

/** Down to which keys a snapshot is taken apart; below, a column or an index is one thing. */
const DEPTHS: Readonly<Record<string, number>> = { tables: 3 };
const OWN_KEYS = new Set(['id', 'prevId', '_meta']);

/** What happened between `before` and `after`, done to `onto` as well. Three-way, thing by thing. */
export function replayDelta(before: Snapshot, after: Snapshot, onto: Snapshot): ReplayedDelta {
  const conflicts: DeltaConflict[] = [];
  const merge = (path: readonly string[], old: unknown, mine: unknown, theirs: unknown): unknown => {
    if (isDeepStrictEqual(old, mine)) return theirs;
    if (isDeepStrictEqual(old, theirs) || isDeepStrictEqual(mine, theirs)) return mine;
    if (isDivisible(path) && isRecord(mine) && isRecord(theirs) && (old === undefined || isRecord(old)))
      return mergeRecords(path, old ?? {}, mine, theirs);
    const labels = path[0] === 'enums' ? mergeEnum(old, mine, theirs) : null;
    if (labels !== null) return labels;
    conflicts.push({ path });
    return theirs;
  };
  const mergeRecords = (
    path: readonly string[],
    old: Readonly<Record<string, unknown>>,
    mine: Readonly<Record<string, unknown>>,
    theirs: Readonly<Record<string, unknown>>,
  ) => {
    // Theirs keep their order, mine come after: as a developer who generates on top of main would have them.
    const keys = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])];
    return Object.fromEntries(
      keys.flatMap((key) => {
        const value = merge([...path, key], old[key], mine[key], theirs[key]);
        return value === undefined ? [] : [[key, value] as const];
      }),
    );
  };
  const parts = Object.fromEntries(
    Object.keys({ ...onto, ...after })
      .filter((key) => !OWN_KEYS.has(key))
      .map((key) => [key, merge([key], at(before, key), at(after, key), at(onto, key))]),
  );
  return { snapshot: { ...after, ...parts } as Snapshot, conflicts };
}

function isDivisible(path: readonly string[]): boolean {
  return path.length <= (DEPTHS[path[0] ?? ''] ?? 1);
}

/** Labels that both added behind the same: theirs first. Anything else than added labels is a conflict. */
function mergeEnum(old: unknown, mine: unknown, theirs: unknown): unknown {
  if (!isEnum(old) || !isEnum(mine) || !isEnum(theirs)) return null;
  if ([...old.values].some((label) => !mine.values.includes(label) || !theirs.values.includes(label)))
    return null;
  const values = [...theirs.values];
  for (const [index, label] of mine.values.entries()) {
    if (values.includes(label)) continue;
    const before = mine.values.slice(index + 1).find((next) => old.values.includes(next));
    values.splice(before === undefined ? values.length : values.indexOf(before), 0, label);
  }
  return { ...theirs, values };
}

function isEnum(value: unknown): value is { readonly values: readonly string[] } {
  return isRecord(value) && Array.isArray(value.values);
}

function at(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
