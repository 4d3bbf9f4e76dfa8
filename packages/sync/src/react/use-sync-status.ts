import type { SyncStatus } from '../contract.ts';
import { useLocalDatabase } from './provider.tsx';
import { useObservable } from './use-observable.ts';

/** What the sync is doing now: live, loading, offline … with the state of each shape and the three versions. */
export function useSyncStatus(): SyncStatus {
  return useObservable(useLocalDatabase().status);
}
