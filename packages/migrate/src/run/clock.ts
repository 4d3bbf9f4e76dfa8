/** Time and chance, as an argument of everything that waits. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** At least 0, less than 1. */
  readonly random: () => number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};

/** A delay around `ms`, between half and one and a half of it, so that waiters don't march in step. */
export function jitter(clock: Clock, ms: number): number {
  return Math.round(ms * (0.5 + clock.random()));
}
