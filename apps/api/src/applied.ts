import { currentVersion, readApplied, readAppliedEntries } from '@lockstep/migrate';
import { type AppliedState, createAppliedState } from '@lockstep/sync/server';
import type { Database } from './database.ts';

/** What is applied, as the migration runner stored it in the database: not what this build's code ships. */
export function watchApplied(database: Database): AppliedState {
  return createAppliedState({
    source: {
      mark: () =>
        database.withExecutor(async (executor) => {
          const applied = await readApplied(executor);
          return `${applied.migrations.length} ${currentVersion(applied)?.chain ?? ''}`;
        }),
      migrations: () => database.withExecutor(readAppliedEntries),
    },
  });
}
