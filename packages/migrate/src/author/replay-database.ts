import { openPglite } from '../operate/open-pglite.ts';
import type { Executor } from '../run/executor/executor.ts';

/** An empty Postgres in memory, in which a history is replayed to learn what it does. */
export interface ReplayDatabase extends Executor {
  close(): Promise<void>;
}

/**
 * Takes some seconds on a busy machine. Close it: an open one keeps the process alive.
 * Raises CONFIG_INVALID when PGlite, an optional peer of this package, isn't installed.
 */
export async function openReplayDatabase(): Promise<ReplayDatabase> {
  const { executor, close } = await openPglite(null);
  return { ...executor, close };
}
