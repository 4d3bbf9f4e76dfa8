import { createContext, type ReactNode, useContext } from 'react';
import type { LocalDatabase } from '../contract.ts';

const LocalDatabaseContext = createContext<LocalDatabase | null>(null);

export interface LockstepProviderProps {
  /** An open database, from `openLocalDatabase`. Whoever opened it closes it. */
  readonly database: LocalDatabase;
  readonly children: ReactNode;
}

/** Gives the components below it the local database. Key it by person when identities switch. */
export function LockstepProvider({ database, children }: LockstepProviderProps) {
  return <LocalDatabaseContext value={database}>{children}</LocalDatabaseContext>;
}

/** The local database of the nearest `LockstepProvider`. Throws an Error where there is none: a bug in the caller. */
export function useLocalDatabase(): LocalDatabase {
  const database = useContext(LocalDatabaseContext);
  if (database === null) throw new Error('useLocalDatabase needs a <LockstepProvider> above it.');
  return database;
}
