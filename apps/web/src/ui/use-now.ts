import { useSyncExternalStore } from 'react';

const TICK_MS = 60_000;

let now = new Date();

/** The time to the minute, so that "3 minutes ago" goes on while nothing else changes. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(listener: () => void): () => void {
  const tick = () => {
    now = new Date();
    listener();
  };
  const timer = setInterval(tick, TICK_MS);
  // A page that was left open for hours starts with an old time.
  if (Date.now() - now.getTime() > TICK_MS) tick();
  return () => clearInterval(timer);
}
