import type { SchemaVersion } from '@lockstep/protocol';
import type { MigrationState } from '../contract.ts';
import { useLocalDatabase } from './provider.tsx';
import { useObservable } from './use-observable.ts';

export interface ElectricMigrations {
  readonly state: MigrationState;
  readonly isMigrating: boolean;
  /** Asks the server for its version and moves the local schema if there is something to do. True when it moved. */
  readonly checkAndMigrate: () => Promise<boolean>;
  /** Resyncs every table into the current schema. */
  readonly forceMigration: () => Promise<void>;
  /** Forgets the local version and positions: the next start migrates from nothing. */
  readonly resetMigrationState: () => Promise<void>;
  readonly getCurrentVersion: () => SchemaVersion | null;
}

/** A3: the migration manager of the local database, observed. It runs by itself; the functions are for panels and tests. */
export function useElectricMigrations(): ElectricMigrations {
  const { migrations } = useLocalDatabase();
  return {
    state: useObservable(migrations.state),
    isMigrating: useObservable(migrations.isMigrating),
    checkAndMigrate: () => migrations.checkAndMigrate(),
    forceMigration: () => migrations.forceMigration(),
    resetMigrationState: () => migrations.resetMigrationState(),
    getCurrentVersion: () => migrations.getCurrentVersion(),
  };
}
