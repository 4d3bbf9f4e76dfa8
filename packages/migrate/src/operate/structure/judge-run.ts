import type { StructureDelta } from '@lockstep/protocol';
import { diffStructures, isSameStructure, type StructureDiff } from './diff.ts';
import { kindOf, nameOf, type Structure, splitNames } from './structure.ts';

/** What is known of a database before a run. */
export interface StructureBefore {
  readonly actual: Structure;
  /** How it differed from what it should have been; null where that isn't known. */
  readonly drift: StructureDiff | null;
}

/** What a run is to blame for, and what it found. */
export interface RunJudgement {
  /** What the run made, changed or should have made, and is not as promised. */
  readonly damage: StructureDiff;
  /** Differences that were there before, and objects that nobody promised. */
  readonly drift: StructureDiff;
}

/**
 * Tells what a run did wrong from what was wrong before. An object that differs is the run's fault when its migrations
 * make or change it, or when it changed meanwhile; not when it, or what a rename made of it, differed before. Objects
 * that nobody promised are never damage: other applications, tools and people make some.
 */
export function judgeRun(
  promised: Structure,
  actual: Structure,
  before: StructureBefore,
  deltas: readonly StructureDelta[],
): RunJudgement {
  const diff = diffStructures(promised, actual);
  const touched = new Set(deltas.flatMap(({ set, drop }) => [...Object.keys(set), ...drop]));
  const old = before.drift ?? { missing: [], unexpected: [], different: [], apart: [] };
  const isOld = (kind: 'missing' | 'different', identity: string) =>
    old[kind].some((entry) => isSameObject(entry.identity, identity)) ||
    (!touched.has(identity) && before.actual[identity] === actual[identity]);
  return {
    damage: {
      missing: diff.missing.filter(({ identity }) => !isOld('missing', identity)),
      different: diff.different.filter(({ identity }) => !isOld('different', identity)),
      unexpected: [],
      apart: [],
    },
    drift: {
      missing: diff.missing.filter(({ identity }) => isOld('missing', identity)),
      different: diff.different.filter(({ identity }) => isOld('different', identity)),
      unexpected: diff.unexpected,
      apart: diff.apart,
    },
  };
}

/** True when there is nothing to tell of a diff. */
export function isQuiet(diff: StructureDiff): boolean {
  return isSameStructure(diff) && diff.apart.length === 0;
}

/** The same identity, or a part of that name of a table that was renamed. */
function isSameObject(before: string, after: string): boolean {
  if (before === after) return true;
  const kind = kindOf(before);
  return kind === kindOf(after) && isPart(kind) && lastName(before) === lastName(after);
}

function isPart(kind: string): boolean {
  return ['column', 'constraint', 'trigger', 'rule', 'policy'].includes(kind);
}

function lastName(identity: string): string | undefined {
  return splitNames(nameOf(identity), '.').at(-1);
}
