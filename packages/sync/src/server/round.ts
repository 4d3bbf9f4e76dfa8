import { setMaxListeners } from 'node:events';

/** One poll of a round. `start` must not reject unless its signal was aborted. */
export interface RoundPoll<Part> {
  start(signal: AbortSignal): Promise<Part>;
}

export interface RoundOptions {
  /** Ends the round at once: the client left, or the server is stopping. */
  readonly signal: AbortSignal;
  /** Resolves when there is something else to tell (another version is applied); must end with its signal. */
  readonly interrupted: (signal: AbortSignal) => Promise<void>;
  /** Longest time without any answer, in milliseconds. */
  readonly roundMs: number;
  /** How long to wait for others after the first answer, in milliseconds. */
  readonly settleMs: number;
}

/**
 * Starts every poll at once and answers with all that have something shortly after the first has: decision 13.
 * The rest are aborted, which loses nothing, since their client asks again from the same offset.
 */
export async function runRound<Part>(
  polls: readonly RoundPoll<Part>[],
  options: RoundOptions,
): Promise<readonly Part[]> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  // Every poll listens to the one signal: that is no leak to warn of.
  setMaxListeners(0, signal);
  const parts: Part[] = [];
  try {
    const running = polls.map(async (poll) => {
      const part = await poll.start(signal);
      if (!signal.aborted) parts.push(part);
    });
    for (const poll of running) poll.catch(() => undefined);
    await Promise.race([
      Promise.any(running).catch(() => undefined),
      options.interrupted(signal),
      aborted(signal),
      delay(options.roundMs, signal),
    ]);
    if (parts.length > 0) await Promise.race([Promise.allSettled(running), delay(options.settleMs, signal)]);
    return [...parts];
  } finally {
    ending.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves after `ms`, or when `signal` aborts: no timer outlives its round. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}
