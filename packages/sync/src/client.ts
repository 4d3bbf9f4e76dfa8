import type { PGliteInterface } from '@electric-sql/pglite';
import {
  API_PATHS,
  type ClientShape,
  formatVersionHeader,
  LockstepError,
  VERSION_HEADER,
} from '@lockstep/protocol';
import { createRetry } from './backoff.ts';
import type {
  ErrorReport,
  Inspection,
  LocalDatabaseHooks,
  MigrationManager,
  Observable,
  SyncSettings,
  SyncStatus,
} from './contract.ts';
import { toErrorReport } from './error-report.ts';
import { versionOf } from './follow.ts';
import { inspectDatabase } from './inspect.ts';
import { createLoadClock } from './load-clock.ts';
import { eraseSchema } from './local-schema.ts';
import { createMigrationManager } from './migrations.ts';
import { callAll, callSafely, createCell } from './observable.ts';
import { createMultiplexer } from './read/multiplex.ts';
import { createShapeSet } from './shape-set.ts';
import { initialShape, reduceShape, type ShapeEvent, summarize } from './state.ts';
import { createUpkeep } from './upkeep.ts';

export interface SyncClientOptions {
  readonly db: PGliteInterface;
  readonly settings: SyncSettings;
  readonly fetch?: typeof fetch;
  readonly hooks?: LocalDatabaseHooks;
}

/** What keeps a PGlite in step, in the process that has it. */
export interface SyncClient {
  readonly status: Observable<SyncStatus>;
  readonly migrations: MigrationManager;
  onChange(listener: (tables: ReadonlySet<string>) => void): () => void;
  inspect(): Promise<Inspection>;
  pause(): void;
  resume(): void;
  /** The network may be back: tries at once what waits for its next attempt. */
  wake(): void;
  /**
   * Moves the local database to the page's version; then it can be used, and the sync goes on by itself.
   * Raises `LOCAL_MIGRATION_FAILED`.
   */
  start(): Promise<void>;
  /** Done when nothing here touches the database any more. The database stays the caller's. */
  close(): Promise<void>;
  /** Empties the local database. Close first. */
  erase(): Promise<void>;
}

/** An answer about versions that takes longer than this is asked for again. */
const HISTORY_MS_MAX = 20_000;

/** Ties the parts together; every decision is in a pure neighbour. Raises `CONFIG_INVALID`. */
export function createSyncClient({ db, settings, ...options }: SyncClientOptions): SyncClient {
  const hooks = guardHooks(options.hooks ?? {});
  const pageVersion = requirePageVersion(settings);
  requireOneShapePerTable(settings.shapes);
  const listeners = new Set<(tables: ReadonlySet<string>) => void>();
  const headers: Readonly<Record<string, string>> =
    settings.token === null ? {} : { authorization: `Bearer ${settings.token}` };
  const flags = { isStarted: false, isPaused: false, isOffline: false, isClosed: false };
  const isStopped = () => flags.isPaused || flags.isClosed;
  const retry = createRetry();
  const closing = new AbortController();
  const upkeep = createUpkeep(db);
  let heard: string | null = null;
  let ownError: ErrorReport | null = null;

  const status = createCell<SyncStatus>({
    kind: 'starting',
    shapes: Object.fromEntries(settings.shapes.map(({ name, table }) => [name, initialShape(table, null)])),
    versions: { page: pageVersion, local: null, server: undefined },
    isReloadOffered: false,
    isLeader: true,
    error: null,
  });

  function update(patch: Partial<SyncStatus>): void {
    const next = { ...status.get(), ...patch };
    const failed = Object.values(next.shapes).find((shape) => shape.kind === 'failed');
    const error = ownError ?? (failed?.kind === 'failed' ? failed.error : null);
    status.set({ ...next, error, kind: summarize({ ...next, error }, flags) });
    if (next.isReloadOffered && patch.isReloadOffered === true && !wasReloadOffered) {
      wasReloadOffered = true;
      hooks.onReloadOffered();
    }
  }
  let wasReloadOffered = false;

  function tell(tables: ReadonlySet<string>): void {
    callAll(listeners, tables);
  }

  const loads = createLoadClock(() => performance.now());

  function receive({ name, table }: ClientShape, happened: ShapeEvent): void {
    const { shapes } = status.get();
    const event = loads.time(name, happened);
    const before = shapes[name] ?? initialShape(table, null);
    const after = reduceShape(before, event);
    if (after === before) return;
    update({ shapes: { ...shapes, [name]: after } });
    const written = event.kind === 'received' ? event.rows : 0;
    if (event.kind === 'received' || event.kind === 'applied')
      upkeep.note(written, status.get().kind !== 'live');
    if (event.kind === 'fail') hooks.onError(event.error);
  }

  /** Every answer says which version the server is at: another one than was known is looked into. */
  const watchedFetch: typeof fetch = async (input, init) => {
    const response = await (options.fetch ?? fetch)(input, init);
    const text = response.headers.get(VERSION_HEADER);
    if (text !== null && text !== heard) {
      heard = text;
      const { server } = status.get().versions;
      if (flags.isStarted && (server === undefined || formatVersionHeader(server) !== text)) follow();
    }
    return response;
  };

  const historyFetch: typeof fetch = (input, init) => {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(HISTORY_MS_MAX)]);
    return (options.fetch ?? fetch)(input, { ...init, signal });
  };

  const multiplexer = createMultiplexer({
    url: `${settings.apiUrl}${API_PATHS.live}`,
    fetch: watchedFetch,
    headers: () => headers,
    seen: () => heard,
  });
  const shapes = createShapeSet({
    db,
    shapes: settings.shapes,
    apiUrl: settings.apiUrl,
    scope: settings.scope,
    headers,
    fetch: watchedFetch,
    multiplexer,
    version: () => status.get().versions.local?.tag ?? '',
    onEvent: receive,
    onRows: tell,
    onTrouble: () => follow(),
    isStopped,
  });
  const manager = createMigrationManager({
    db,
    page: settings.bundle.migrations,
    history: { apiUrl: settings.apiUrl, fetch: historyFetch, headers },
    shapes,
    status,
    update,
    tell,
    hooks,
    isStopped,
  });

  let following: Promise<void> | null = null;
  let isFollowWanted = false;

  /** Looks at the server's version and brings everything in line with it; asked for while it runs, it runs again. */
  function follow(): void {
    if (isStopped()) return;
    isFollowWanted = true;
    following ??= followWhileWanted().finally(() => {
      following = null;
    });
  }

  async function followWhileWanted(): Promise<void> {
    while (isFollowWanted && !isStopped()) {
      isFollowWanted = false;
      try {
        await manager.checkAndMigrate();
        flags.isOffline = false;
        ownError = manager.problem();
        noteServerVersion();
        update({});
        // Nobody hears of a new version while no shape asks for anything.
        if (shapes.isAnyRunning()) retry.reset();
        else retry.schedule(follow);
      } catch (error) {
        if (flags.isClosed) return;
        const report = toErrorReport(error);
        flags.isOffline = report.code === 'OFFLINE';
        ownError = flags.isOffline ? null : report;
        update({});
        if (!flags.isOffline) hooks.onError(report);
        retry.schedule(follow);
      }
      flags.isStarted = true;
    }
  }

  function noteServerVersion(): void {
    const { server } = status.get().versions;
    if (server !== undefined) heard = formatVersionHeader(server);
  }

  function wake(): void {
    if (isStopped()) return;
    retry.hurry();
    // What fails here fails as any attempt does, and is tried again.
    shapes.wake().catch(() => follow());
  }
  globalThis.addEventListener?.('online', wake);

  return {
    status,
    migrations: manager,
    onChange(listener) {
      const entry = (tables: ReadonlySet<string>) => listener(tables);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    inspect: () => inspectDatabase(db, settings.shapes),
    pause() {
      if (flags.isPaused) return;
      flags.isPaused = true;
      retry.cancel();
      for (const shape of settings.shapes) receive(shape, { kind: 'pause' });
      update({});
      void manager.stopShapes();
    },
    resume() {
      if (!flags.isPaused) return;
      flags.isPaused = false;
      update({});
      follow();
    },
    wake,
    async start() {
      await manager.startLocally();
      flags.isStarted = true;
      follow();
    },
    async close() {
      flags.isClosed = true;
      closing.abort();
      retry.cancel();
      for (const shape of settings.shapes) receive(shape, { kind: 'pause' });
      globalThis.removeEventListener?.('online', wake);
      await manager.stopShapes();
      await following;
      await upkeep.stop();
    },
    erase: () => eraseSchema(db),
  };
}

/** A hook that throws must not stop the sync. */
function guardHooks(hooks: LocalDatabaseHooks): Required<LocalDatabaseHooks> {
  return {
    onMigrated: (report) => callSafely(hooks.onMigrated, report),
    onMigrationFailed: (error) => callSafely(hooks.onMigrationFailed, error),
    onReloadOffered: () => callSafely(hooks.onReloadOffered, undefined),
    onError: (error) => callSafely(hooks.onError, error),
  };
}

function requirePageVersion({ bundle }: SyncSettings) {
  const version = versionOf(bundle.migrations);
  if (version !== null) return version;
  throw new LockstepError('CONFIG_INVALID', {
    message: 'The bundle has no migrations.',
    remedy: 'Generate and compile at least one migration (pnpm db:setup).',
  });
}

function requireOneShapePerTable(shapes: readonly ClientShape[]): void {
  const twice = shapes.find(
    ({ table }, index) => shapes.findIndex((other) => other.table === table) !== index,
  );
  if (twice === undefined) return;
  throw new LockstepError('CONFIG_INVALID', {
    message: `Two shapes feed the table "${twice.table}".`,
    remedy: 'Give each table one shape: a refetch could not tell whose rows are gone.',
    details: { table: twice.table },
  });
}
