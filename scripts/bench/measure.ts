/** A case of a benchmark, as `--json` prints it. `ratio` above 1: ours is better. */
export interface BenchResult {
  readonly case: string;
  /** Medians. */
  readonly ours: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  readonly unit: 'ms';
  /** The peer's by ours; the goal's by ours where there is no peer. */
  readonly ratio: number;
  /** The ratio to reach. */
  readonly goal?: number;
  readonly runs: number;
  /** How far ours lie apart: (largest - smallest) / median. */
  readonly spread: number;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Ours beside a peer's, both in milliseconds, measured in turns. */
export function compared(
  name: string,
  ours: readonly number[],
  peer: { readonly name: string; readonly values: readonly number[] },
  goal?: number,
): BenchResult {
  const [own, others] = [median(ours), median(peer.values)];
  return {
    case: name,
    ours: round(own),
    peer: round(others),
    peerName: peer.name,
    unit: 'ms',
    ratio: round(others / own),
    ...(goal === undefined ? {} : { goal }),
    runs: ours.length,
    spread: round((Math.max(...ours) - Math.min(...ours)) / own),
  };
}

/** Ours against a limit in milliseconds: a ratio above 1 is within it. */
export function within(name: string, ours: readonly number[], limitMs: number): BenchResult {
  const own = median(ours);
  return {
    case: name,
    ours: round(own),
    peer: null,
    peerName: null,
    unit: 'ms',
    ratio: round(limitMs / own),
    goal: 1,
    runs: ours.length,
    spread: round((Math.max(...ours) - Math.min(...ours)) / own),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
