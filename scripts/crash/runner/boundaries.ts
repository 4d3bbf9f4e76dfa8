import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import type { BoundaryKind, RunnerOptions } from './options.ts';

/** Counts the boundaries of a run by name, and dies at the one that it is told to. */
export interface Boundaries {
  /** Boundaries count from now on; before, the database is only opened and looked at. */
  arm(): void;
  disarm(): void;
  reach(kind: BoundaryKind, what: string): void;
  /** Whether `reach` would die there: for what has to be prepared first. */
  isNext(kind: BoundaryKind, what: string): boolean;
  die(kind: BoundaryKind, what: string): never;
}

export function createBoundaries({ kill, covered, report }: RunnerOptions): Boundaries {
  if (kill.kind !== 'next') {
    const none = () => undefined;
    return {
      arm: none,
      disarm: none,
      reach: none,
      isNext: () => false,
      die: () => {
        throw new Error('unreachable');
      },
    };
  }
  const { seed, shares, only = '' } = kill;
  const wanted = new RegExp(only, 'i');
  const done = new Set(readFileSync(covered, 'utf8').split('\n'));
  let isArmed = false;
  let phase = 'begin';
  let counts = new Map<string, number>();
  const labelOf = (kind: BoundaryKind, what: string) => {
    const name = `${kind} ${normalise(what)}`;
    return `${phase} | ${name} #${counts.get(name) ?? 0}`;
  };
  const isChosen = (kind: BoundaryKind, label: string) =>
    isArmed && wanted.test(label) && !done.has(label) && chance(seed, label) < (shares[kind] ?? 0);
  const die = (label: string): never => {
    appendFileSync(covered, `${label}\n`);
    appendFileSync(report, `${JSON.stringify({ kind: 'killed', boundary: label })}\n`);
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment to arrive; nothing goes on meanwhile.
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  return {
    arm: () => {
      isArmed = true;
    },
    disarm: () => {
      isArmed = false;
    },
    isNext: (kind, what) => isChosen(kind, labelOf(kind, what)),
    die: (kind, what) => die(labelOf(kind, what)),
    reach(kind, what) {
      if (!isArmed) return;
      if (kind === 'event') {
        phase = what;
        counts = new Map();
      }
      const label = labelOf(kind, what);
      if (isChosen(kind, label)) die(label);
      const name = `${kind} ${normalise(what)}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
  };
}

const LABEL_CHARS_MAX = 90;

/** What differs from run to run is taken out: the lease's token, durations. */
function normalise(what: string): string {
  return what.replaceAll(/\s+/g, ' ').replaceAll(/\d+/g, '0').slice(0, LABEL_CHARS_MAX);
}

/** From 0 to 1, the same for the same label. */
function chance(seed: number, label: string): number {
  return createHash('sha256').update(`${seed} ${label}`).digest().readUInt32BE(0) / 2 ** 32;
}
