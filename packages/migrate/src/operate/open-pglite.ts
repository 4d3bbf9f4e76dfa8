import type { Extensions, PGlite, PGliteOptions } from '@electric-sql/pglite';
import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../run/executor/executor.ts';
import { pgliteExecutor } from '../run/executor/pglite.ts';
import { bootInMemory } from './empty-cluster.ts';

/** A PGlite of one's own. Close it: an open one keeps the process alive. */
export interface PgliteConnection {
  readonly db: PGlite;
  readonly executor: Executor;
  /** Of a directory opened by `openEmbedded`. */
  readonly acknowledge?: () => Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a PGlite on a directory, made if it isn't there, or in memory for null: the one place of this package that
 * does. amcheck is at hand in it. Takes some seconds on a busy machine. Raises CONFIG_INVALID when PGlite, an optional
 * peer, isn't installed. For a directory that others may open too there is `openEmbedded`.
 */
export async function openPglite(
  directory: string | null,
  options: Omit<PGliteOptions, 'dataDir'> = {},
): Promise<PgliteConnection> {
  // Loaded here, so that Postgres alone, electrifying and reading a journal get along without it.
  const { PGlite } = await import('@electric-sql/pglite').catch((cause: unknown) => {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'This needs PGlite, which is not installed: to open its directories, and to replay a history.',
      remedy: 'Install it: `npm install @electric-sql/pglite`; to compile, as a development dependency.',
      cause,
    });
  });
  const extensions = { ...(await loadAmcheck()), ...options.extensions };
  const all = { ...options, extensions };
  const create = (more: PGliteOptions) => PGlite.create(more);
  const isNew = directory === null && options.loadDataDir === undefined;
  const db = isNew
    ? await bootInMemory(create, all)
    : await PGlite.create({ ...all, ...(directory === null ? {} : { dataDir: directory }) });
  return { db, executor: pgliteExecutor(db), close: () => db.close() };
}

/** What looks for damaged indexes and tables; versions of PGlite without it get along. */
function loadAmcheck(): Promise<Extensions> {
  return import('@electric-sql/pglite/contrib/amcheck').then(
    ({ amcheck }) => ({ amcheck }),
    () => ({}),
  );
}
