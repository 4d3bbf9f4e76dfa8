import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../run/executor/executor.ts';
import { pgliteExecutor } from '../run/executor/pglite.ts';

/** A PGlite of one's own. Close it: an open one keeps the process alive. */
export interface PgliteConnection {
  readonly executor: Executor;
  close(): Promise<void>;
}

/**
 * Opens a PGlite on a directory, made if it isn't there, or in memory for null: the one place of this package that
 * does. Takes some seconds on a busy machine. Raises CONFIG_INVALID when PGlite, an optional peer, isn't installed.
 */
export async function openPglite(directory: string | null): Promise<PgliteConnection> {
  // Loaded here, so that Postgres alone, electrifying and reading a journal get along without it.
  const { PGlite } = await import('@electric-sql/pglite').catch((cause: unknown) => {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'This needs PGlite, which is not installed: to open its directories, and to replay a history.',
      remedy: 'Install it: `npm install @electric-sql/pglite`; to compile, as a development dependency.',
      cause,
    });
  });
  const db = directory === null ? await PGlite.create() : await PGlite.create(directory);
  return { executor: pgliteExecutor(db), close: () => db.close() };
}
