import type { Observable } from './contract.ts';

/** An observable that its owner can set. */
export interface Cell<T> extends Observable<T> {
  /** Tells the listeners unless the value is the same object. */
  set(value: T): void;
}

export function createCell<T>(initial: T): Cell<T> {
  let current = initial;
  const listeners = new Set<(value: T) => void>();
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      callAll(listeners, value);
    },
    subscribe(listener) {
      // A wrapper of its own, so that one function subscribed twice is told twice and stopped once.
      const entry = (value: T) => listener(value);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
}

/** Calls listeners that others wrote: one that throws is reported and harms nobody else. */
export function callAll<T>(listeners: Iterable<(value: T) => void>, value: T): void {
  for (const listener of Array.from(listeners)) callSafely(listener, value);
}

/** Calls what the application gave us. */
export function callSafely<T>(callback: ((value: T) => void) | undefined, value: T): void {
  try {
    callback?.(value);
  } catch (error) {
    console.error(error);
  }
}

/** What `source` says, seen through `select`; told only when the selection changes. */
export function selectFrom<T, U>(source: Observable<T>, select: (value: T) => U): Observable<U> {
  return {
    get: () => select(source.get()),
    subscribe(listener) {
      let last = select(source.get());
      return source.subscribe((value) => {
        const next = select(value);
        if (Object.is(next, last)) return;
        last = next;
        listener(next);
      });
    },
  };
}
