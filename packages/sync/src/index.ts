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
