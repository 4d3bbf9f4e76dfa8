import type { Migration, ReplicaMigration } from '@lockstep/protocol';
import type { AppliedMigration, AppliedState } from './applied.ts';
import type { Executor } from './executor/executor.ts';
import type { Target } from './target.ts';

/** Both tracking tables; empty where they don't exist yet. */
export async function readApplied(_executor: Executor): Promise<AppliedState> {
  throw new Error('Being built.');
}

/** The stored entries of what is applied whole, in the order of the history: what the API serves. */
export async function readAppliedEntries(_executor: Executor): Promise<ReplicaMigration[]> {
  throw new Error('Being built.');
}

/** D2. */
export async function getAppliedMigrations(_executor: Executor): Promise<readonly AppliedMigration[]> {
  throw new Error('Being built.');
}

/** D2: records a migration as applied without running it. */
export async function markMigrationApplied(
  _executor: Executor,
  _migration: Migration | ReplicaMigration,
  _target: Target,
): Promise<void> {
  throw new Error('Being built.');
}
