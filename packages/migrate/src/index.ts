export {
  type BackfillOptions,
  type BackfillProgress,
  type BackfillResult,
  defineMigration,
  type MigrationProgram,
  type ProgramDatabase,
} from '@lockstep/protocol';
export {
  type Adoption,
  type AdoptionInspection,
  type AdoptOptions,
  adopt,
  inspectAdoption,
} from './operate/adopt/adopt.ts';
export { formatAdoption } from './operate/adopt/format-adoption.ts';
export { type BranchCommands, branchError, readBranchState } from './operate/branch/branch-error.ts';
export {
  type BranchMigration,
  type BranchState,
  describeBranchState,
} from './operate/branch/branch-state.ts';
export type { RollbackObstacle } from './operate/rollback/plan-rollback.ts';
export {
  describeRollback,
  type RollbackEvent,
  type RollbackOptions,
  type RollbackResult,
  rollback,
} from './operate/rollback/rollback.ts';
export { type RecordedRollback, readRollbacks } from './operate/rollback/rollback-history.ts';
export type { RollbackEffect, RollbackLoss, RollbackPreview } from './operate/rollback/rollback-preview.ts';
export {
  diffStructures,
  fingerprint,
  formatStructureDiff,
  isSameStructure,
  promisedStructure,
  readStructure,
  type Structure,
  type StructureDiff,
  type StructureDifference,
  type StructureObject,
  type StructureOptions,
  structureFor,
} from './operate/structure/index.ts';
export {
  formatVerification,
  type Verification,
  type VerifyOptions,
  type VerifyProblem,
  verifyStructure,
} from './operate/verify/index.ts';
export { type AppliedMigration, type AppliedState, currentVersion, type DrizzleRow } from './run/applied.ts';
export { type Clock, systemClock } from './run/clock.ts';
export { drizzleAdapter } from './run/drizzle-adapter.ts';
export type { TrackingOptions } from './run/drizzle-table.ts';
export { formatRunEvent, type RunEvent } from './run/events.ts';
export type { Executor, ExecutorCapabilities } from './run/executor/executor.ts';
export { type MigratableDatabase, withExecutor } from './run/executor/with-executor.ts';
export { formatRunError } from './run/format-failure.ts';
export type { MigrationGuard } from './run/guard.ts';
export { ensureDatabaseId, readDatabaseId, requireDatabase } from './run/identity.ts';
export { type PendingMigration, type Plan, plan, type UnknownMigration } from './run/plan.ts';
export { undoProgram } from './run/program/apply-program.ts';
export { runMigrations } from './run/run-migrations.ts';
export {
  type LeaseOptions,
  type MigrationOutcome,
  type RunFailure,
  type RunOptions,
  type RunResult,
  type RunSuccess,
  requireMigrated,
} from './run/run-options.ts';
export { settleInterrupted } from './run/settle-interrupted.ts';
export { pruneStash, type StashRetention } from './run/stash/prune-stash.ts';
export { readStashes, type Stash } from './run/stash/stash-table.ts';
export type { BundleFor, Target } from './run/target.ts';
export {
  getAppliedMigrations,
  markMigrationApplied,
  readApplied,
  readAppliedEntries,
} from './run/tracking.ts';
export { type ElectricStatement, parseElectricStatement } from './sql/electric-statement.ts';
export { type SplitStatement, splitStatements } from './sql/split.ts';
export type { TableName } from './sql/token-reader.ts';
