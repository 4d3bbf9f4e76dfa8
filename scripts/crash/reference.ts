import type { ReportLine, State } from './runner/options.ts';

/** What an undisturbed run of a history shows. */
export interface Reference {
  /** Every state that is committed on the way, in order. */
  readonly states: readonly State[];
  readonly end: State;
  readonly durationMs: number;
}

/** What is wrong with a state that a crash left, in words; null when it is one of an undisturbed run's. */
export function judgeState(reference: Reference, state: State, before: State | null): string | null {
  const same = reference.states.flatMap((legal, index) => (isSame(legal, state) ? [index] : []));
  if (same.length === 0)
    return `a state that no undisturbed run has:\n${describeDifference(reference, state)}`;
  if (before === null) return null;
  const reached = reference.states.findIndex((legal) => isSame(legal, before));
  return (same.at(-1) ?? 0) < reached
    ? `state ${same.at(-1)}, which is older than the one before it (${reached})`
    : null;
}

/**
 * N or N+1: what the runner told before it died, and at most one migration more. `isOneByOne` is false where several
 * small migrations are one call, each in a transaction of its own.
 */
export function judgeProgress(lines: readonly ReportLine[], next: State, isOneByOne: boolean): string | null {
  const [first] = lines.flatMap((line) => (line.kind === 'state' ? [line.state] : []));
  if (first === undefined) return null;
  const told = first.whole + lines.filter(({ kind }) => kind === 'applied').length;
  const isFine = next.whole === told || (isOneByOne ? next.whole === told + 1 : next.whole > told);
  return isFine ? null : `${next.whole} migrations after a runner that had told of ${told}`;
}

/** While a statement outside of transactions is open, what it makes may be there, half there, or not. */
function isSame(legal: State, state: State): boolean {
  return (
    legal.isOpen === state.isOpen &&
    isEqual(legal.rows, state.rows) &&
    (state.isOpen || isEqual(legal.structure, state.structure))
  );
}

export function isSameEnd(expected: State, actual: State): boolean {
  return isEqual(expected.rows, actual.rows) && isEqual(expected.structure, actual.structure);
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}

/** To the nearest of the states. */
function describeDifference({ states }: Reference, state: State): string {
  const diffs = states.map((legal) => diffStates(legal, state)).toSorted((a, b) => a.length - b.length);
  return diffs[0]?.join('\n') ?? 'no states';
}

const LINES_MAX = 12;
const LINE_CHARS_MAX = 240;

export function diffStates(expected: State, actual: State): string[] {
  const lines = (state: State) => [...state.rows, ...state.structure];
  const [had, has] = [new Set(lines(expected)), new Set(lines(actual))];
  return [
    ...[...had].filter((line) => !has.has(line)).map((line) => `- ${line}`),
    ...[...has].filter((line) => !had.has(line)).map((line) => `+ ${line}`),
  ]
    .map((line) => line.slice(0, LINE_CHARS_MAX))
    .slice(0, LINES_MAX);
}
