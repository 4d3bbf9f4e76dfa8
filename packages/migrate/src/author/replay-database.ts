import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../run/executor/executor.ts';
import { pgliteExecutor } from '../run/executor/pglite.ts';

/** An empty Postgres in memory, in which a history is replayed to learn what it does. */
export interface ReplayDatabase extends Executor {
  close(): Promise<void>;
}

/**
 * Takes some seconds on a busy machine. Close it: an open one keeps the process alive.
 * Raises CONFIG_INVALID when PGlite, an optional peer of this package, isn't installed.
 */
export async function openReplayDatabase(): Promise<ReplayDatabase> {
  // Loaded here, so that electrifying and reading a journal don't need it.
  const { PGlite } = await import('@electric-sql/pglite').catch((cause: unknown) => {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'Compiling replays the history on PGlite, which is not installed.',
      remedy: 'Add @electric-sql/pglite to the development dependencies.',
      cause,
    });
  });
  const db = await PGlite.create();
  return { ...pgliteExecutor(db), close: () => db.close() };
}
