import type { MigrationBundle, ReplicaBundle } from '@lockstep/protocol';
import type { Executor } from './executor/executor.ts';
import type { RunOptions, RunResult } from './run-options.ts';

export function runMigrations(
  executor: Executor,
  bundle: MigrationBundle,
  options: RunOptions<'server' | 'embedded'>,
): Promise<RunResult>;
export function runMigrations(
  executor: Executor,
  bundle: ReplicaBundle,
  options: RunOptions<'replica'>,
): Promise<RunResult>;
export async function runMigrations(): Promise<RunResult> {
  throw new Error('Being built.');
}
