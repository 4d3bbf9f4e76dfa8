import { useCallback, useSyncExternalStore } from 'react';
import type { Observable } from '../contract.ts';

/** The observable's value, rendered again whenever it changes. */
export function useObservable<T>(observable: Observable<T>): T {
  const subscribe = useCallback((listener: () => void) => observable.subscribe(listener), [observable]);
  const read = useCallback(() => observable.get(), [observable]);
  return useSyncExternalStore(subscribe, read, read);
}
