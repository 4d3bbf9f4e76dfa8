import type { MigrationBundle } from '@lockstep/protocol';
import type { MigratableDatabase } from '../run/executor/with-executor.ts';
import { runMigrations as run } from '../run/run-migrations.ts';
import type { RunOptions, RunResult } from '../run/run-options.ts';
import { type FindMigrationsOptions, findMigrations } from './find-migrations.ts';

/**
 * `runMigrations` where there is a file system: without a bundle, `findMigrations` finds it. Raises what
 * `findMigrations` raises besides.
 * @example
 * requireMigrated(await runMigrations(pool, undefined, { find: { from: import.meta.url } }));
 */
export async function runMigrations(
  db: MigratableDatabase,
  bundle?: MigrationBundle,
  options: RunOptions<'server' | 'embedded'> & { readonly find?: FindMigrationsOptions } = {},
): Promise<RunResult> {
  const { find, ...rest } = options;
  const found = bundle ?? (await findMigrations(find)).bundle;
  return run(db, found, rest);
}
