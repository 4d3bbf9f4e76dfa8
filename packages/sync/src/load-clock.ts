import type { ShapeEvent } from './state.ts';

/** Says how long a shape took to get all of its table's rows. */
export interface LoadClock {
  /** The event itself, or with its time where it ends a load. */
  time(shape: string, event: ShapeEvent): ShapeEvent;
}

export function createLoadClock(now: () => number): LoadClock {
  const startedAt = new Map<string, number>();
  return {
    time(shape, event) {
      const isStart = event.kind === 'refetch' || (event.kind === 'connect' && event.how !== 'resume');
      if (isStart) startedAt.set(shape, now());
      const start = startedAt.get(shape);
      if (event.kind !== 'applied' || !event.isUpToDate || start === undefined) return event;
      startedAt.delete(shape);
      return { ...event, loadMs: Math.round(now() - start) };
    },
  };
}
