import type { EventEmitter } from 'node:events';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** npm, pnpm and the terminal may each pass on one and the same Ctrl-C. */
const SAME_PRESS_MS = 1_000;

export interface Stopping {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly requested: Promise<void>;
}

/**
 * Listens for Ctrl-C, a polite end, and a terminal that was closed. A second one, when stopping takes too long for the
 * person, ends the process at once.
 */
export function listenForStop(): Stopping {
  const stopping = new AbortController();
  let firstAt: number | null = null;
  const requested = new Promise<void>((resolve) => {
    const onSignal = () => {
      if (firstAt !== null && Date.now() - firstAt > SAME_PRESS_MS) process.exit(1);
      firstAt ??= Date.now();
      stopping.abort();
      resolve();
    };
    for (const name of SIGNALS) process.on(name, onSignal);
  });
  // Words to a terminal that is gone must not get in the way of stopping.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return { signal: stopping.signal, requested };
}

/**
 * Runs somebody else's start, and takes off the listeners that it puts on signals and on the end of stdin: Vite ends the
 * process on them before anything else has stopped.
 */
export async function keepSignals<T>(start: () => Promise<T>): Promise<T> {
  const places: readonly { readonly emitter: EventEmitter; readonly event: string }[] = [
    ...SIGNALS.map((event) => ({ emitter: process, event })),
    { emitter: process.stdin, event: 'end' },
  ];
  const before = places.map(({ emitter, event }) => new Set(emitter.listeners(event)));
  const result = await start();
  for (const [index, { emitter, event }] of places.entries()) {
    for (const listener of emitter.listeners(event)) {
      if (!before[index]?.has(listener)) emitter.off(event, listener as () => void);
    }
  }
  return result;
}
