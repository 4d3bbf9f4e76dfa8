import { createContext, useContext } from 'react';
import type { AppShellCache } from './service-worker.ts';

const AppShellCacheContext = createContext<AppShellCache | null>(null);

export const AppShellCacheProvider = AppShellCacheContext;

/** The cached application shell: whether a newer build waits, and the reload into it. */
export function useAppShellCache(): AppShellCache {
  const cache = useContext(AppShellCacheContext);
  if (cache === null) throw new Error('useAppShellCache needs an <AppShellCacheProvider> above it.');
  return cache;
}
