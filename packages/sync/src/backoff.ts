const DELAY_MS_FIRST = 500;
const DELAY_MS_MAX = 15_000;

/** How long to wait before attempt `attempt` (counted from 0): doubling, half of it random so that clients spread. */
function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(DELAY_MS_MAX, DELAY_MS_FIRST * 2 ** Math.min(attempt, 16));
  return ceiling / 2 + (random() * ceiling) / 2;
}

/** A retry that is at most once under way. */
export interface Retry {
  readonly attempts: () => number;
  /** Runs `action` after the next delay, unless one is waiting already. */
  schedule(action: () => void): void;
  /** Runs what waits now: the network is back, or a person asked. */
  hurry(): void;
  /** It worked: the next failure starts with the shortest delay. */
  reset(): void;
  cancel(): void;
}

export function createRetry(): Retry {
  let attempts = 0;
  let waiting: { readonly timer: ReturnType<typeof setTimeout>; readonly action: () => void } | null = null;
  const take = () => {
    const taken = waiting;
    if (taken !== null) clearTimeout(taken.timer);
    waiting = null;
    return taken;
  };
  return {
    attempts: () => attempts,
    schedule(action) {
      if (waiting !== null) return;
      const timer = setTimeout(() => take()?.action(), retryDelayMs(attempts));
      waiting = { timer, action };
      attempts += 1;
    },
    hurry: () => take()?.action(),
    reset() {
      attempts = 0;
    },
    cancel() {
      take();
    },
  };
}
