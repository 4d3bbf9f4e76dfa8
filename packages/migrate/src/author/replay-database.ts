import { openPglite } from '../operate/open-pglite.ts';
import { loadPgliteExtensions } from '../operate/pglite-extensions.ts';
import type { Executor } from '../run/executor/executor.ts';

/** An empty Postgres in memory, in which a history is replayed to learn what it does. */
export interface ReplayDatabase extends Executor {
  close(): Promise<void>;
}

/**
 * Takes some seconds on a busy machine. Close it: an open one keeps the process alive. Of `extensions` it has those that
 * there are for PGlite. Raises CONFIG_INVALID when PGlite, an optional peer of this package, isn't installed.
 */
export async function openReplayDatabase(extensions: readonly string[] = []): Promise<ReplayDatabase> {
  const { executor, close } = await openPglite(null, { extensions: await loadPgliteExtensions(extensions) });
  return { ...executor, close };
}
