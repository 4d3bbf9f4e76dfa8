import { PGlite } from '@electric-sql/pglite';
import type { Executor } from '../run/executor/executor.ts';
import { pgliteExecutor } from '../run/executor/pglite.ts';

/** An empty Postgres in memory, in which a history is replayed to learn what it does. */
export interface ReplayDatabase extends Executor {
  close(): Promise<void>;
}

/** Takes some seconds on a busy machine. Close it: an open one keeps the process alive. */
export async function openReplayDatabase(): Promise<ReplayDatabase> {
  const db = await PGlite.create();
  return { ...pgliteExecutor(db), close: () => db.close() };
}
