export { createSyncClient, type SyncClient, type SyncClientOptions } from './client.ts';
export type {
  ErrorReport,
  Inspection,
  LocalDatabase,
  LocalDatabaseHooks,
  MigrationManager,
  MigrationReport,
  MigrationState,
  Observable,
  ShapeStatus,
  SyncSettings,
  SyncStatus,
} from './contract.ts';
export { eraseLocalDatabase } from './erase.ts';
export { type InProcessOptions, openInProcess } from './in-process.ts';
export { type WatchOptions, watchQuery } from './live.ts';
export { type OpenOptions, openLocalDatabase } from './open.ts';
