/** What is waiting when the server stops. */
export interface Closing {
  /**
   * Runs `work` with a signal that aborts when `signal` does, or when the server stops before `work` has resolved.
   * What it resolved with (a body still streaming) is ended by `signal` alone.
   */
  guard<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  close(): void;
  isClosed(): boolean;
}

/** A set of waiting controllers, since `AbortSignal.any` with a signal that lives as long as the process keeps every request. */
export function createClosing(): Closing {
  const waiting = new Set<AbortController>();
  let isClosed = false;
  return {
    async guard(signal, work) {
      const controller = new AbortController();
      if (isClosed || signal.aborted) controller.abort();
      signal.addEventListener('abort', () => controller.abort(), { once: true });
      waiting.add(controller);
      try {
        return await work(controller.signal);
      } finally {
        waiting.delete(controller);
      }
    },
    close() {
      isClosed = true;
      for (const controller of waiting) controller.abort();
    },
    isClosed: () => isClosed,
  };
}
