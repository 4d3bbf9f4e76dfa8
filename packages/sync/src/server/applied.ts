import type { ClientSchema, ReplicaMigration, SchemaVersion } from '@lockstep/protocol';

/** What is applied to the server's database, as stored there with the migrations (decision 7). */
export interface Applied {
  /** Null for a database without migrations. */
  readonly version: SchemaVersion | null;
  /** The client-visible schema of that version. */
  readonly schema: ClientSchema;
  /** Oldest first. */
  readonly migrations: readonly ReplicaMigration[];
}

/**
 * How the stored migrations are read. Both may throw (`POSTGRES_UNREACHABLE` while the database is away), which goes to
 * who asked; the state tries again when it is asked next.
 */
export interface AppliedSource {
  /** Cheap, and another text whenever something else is applied: e.g. count and newest chain. */
  mark(): Promise<string>;
  /** The stored entries, oldest first. */
  migrations(): Promise<readonly ReplicaMigration[]>;
}

export interface AppliedState {
  /** At most `staleMs` old. Throws what the source throws. */
  current(): Promise<Applied>;
  /** As `current`, asked now. */
  refreshed(): Promise<Applied>;
  /** What was last read, without asking; null before the first time. */
  lastKnown(): Applied | null;
  /** Resolves once another version than `version` is applied, within about `watchMs`, or when `signal` aborts. */
  whenOtherThan(version: SchemaVersion | null, signal: AbortSignal): Promise<void>;
}

export interface AppliedStateOptions {
  readonly source: AppliedSource;
  /** How old an answer may be, in milliseconds. */
  readonly staleMs?: number;
  /** How often the database is asked while somebody waits for a change, in milliseconds. */
  readonly watchMs?: number;
  readonly now?: () => number;
}

/**
 * Keeps what is applied at hand for every request, so that a migration which another process deployed is announced
 * within about a second, without asking the database at each request. Survives restarts of the database.
 */
export function createAppliedState(options: AppliedStateOptions): AppliedState {
  const { source, staleMs = 1_000, watchMs = 250, now = () => performance.now() } = options;
  let known: { readonly mark: string; readonly applied: Applied } | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<Applied> | null = null;
  const waiters = new Set<{ readonly version: SchemaVersion | null; readonly tell: () => void }>();
  let timer: NodeJS.Timeout | null = null;

  async function ask(): Promise<Applied> {
    const startedAt = now();
    // The mark is read first: a migration that lands between the two reads is found again at the next one.
    const mark = await source.mark();
    if (known?.mark !== mark) known = { mark, applied: toApplied(await source.migrations()) };
    askedAt = startedAt;
    for (const waiter of waiters) if (!isSame(waiter.version, known.applied.version)) waiter.tell();
    return known.applied;
  }

  function refresh(): Promise<Applied> {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  }

  function watch(): void {
    if (timer !== null || waiters.size === 0) return;
    timer = setTimeout(() => {
      // While the database is away nothing can be announced: the waiters go on waiting.
      void refresh()
        .catch(() => undefined)
        .finally(() => {
          timer = null;
          watch();
        });
    }, watchMs);
  }

  return {
    async current() {
      return known !== null && now() - askedAt < staleMs ? known.applied : refresh();
    },
    refreshed: refresh,
    lastKnown: () => known?.applied ?? null,
    whenOtherThan(version, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const waiter = { version, tell: finish };
        function finish() {
          waiters.delete(waiter);
          signal.removeEventListener('abort', finish);
          resolve();
        }
        signal.addEventListener('abort', finish, { once: true });
        waiters.add(waiter);
        // What is at hand may be older than what the caller heard from another server: ask before saying that it differs.
        if (known !== null && !isSame(known.applied.version, version)) void refresh().catch(() => undefined);
        watch();
      });
    },
  };
}

function isSame(one: SchemaVersion | null, other: SchemaVersion | null): boolean {
  return one?.chain === other?.chain;
}

function toApplied(migrations: readonly ReplicaMigration[]): Applied {
  const newest = migrations.at(-1);
  if (newest === undefined) return { version: null, schema: { types: [], tables: [] }, migrations };
  const { tag, index, chain, schema } = newest;
  return { version: { tag, index, chain }, schema, migrations };
}
