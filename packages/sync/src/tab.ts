import type { PGliteWorker } from '@electric-sql/pglite/worker';
import type { SchemaVersion } from '@lockstep/protocol';
import { type ChannelMessage, type Command, type CommandResult, openChannel } from './channel.ts';
import type {
  Inspection,
  LocalDatabase,
  LocalDatabaseHooks,
  MigrationState,
  SyncSettings,
  SyncStatus,
} from './contract.ts';
import { fromErrorReport, toErrorReport } from './error-report.ts';
import { versionOf } from './follow.ts';
import { callAll, callSafely, createCell, selectFrom } from './observable.ts';
import { watchForStall } from './stall.ts';
import { initialShape } from './state.ts';

/** How long a leaving tab waits for its own worker to close the database tidily. */
const RELEASE_MS_MAX = 2_000;

export interface TabOptions {
  readonly name: string;
  readonly settings: SyncSettings;
  readonly hooks: LocalDatabaseHooks;
  readonly connect: () => Promise<PGliteWorker>;
  /** Ends this tab's worker if it is the leader. */
  readonly endLeader: () => void;
  /** How long the leader may give no sign of life, in milliseconds. */
  readonly stallMs: number;
}

interface Pending {
  readonly command: Command;
  readonly resolve: (result: CommandResult) => void;
  readonly reject: (error: Error) => void;
}

/** A tab's side of the database: state is heard from the leader's worker, commands go to it. */
export async function createTabDatabase(options: TabOptions): Promise<LocalDatabase> {
  const { hooks, settings } = options;
  const page = versionOf(settings.bundle.migrations) as SchemaVersion;
  const openedAt = new Date().toISOString();
  const listeners = new Set<(tables: ReadonlySet<string>) => void>();
  const pending = new Map<string, Pending>();
  const status = createCell<SyncStatus>(initialStatus(settings, page));
  const state = createCell<MigrationState>({ kind: 'idle', last: null });
  let pglite: PGliteWorker | null = null;
  let isLeaderNew = false;
  let failOpening: (error: Error) => void = () => undefined;
  let onHeard: () => void = () => undefined;

  const channel = openChannel(options.name, receive);
  const stall = watchForStall({
    stallMs: options.stallMs,
    onStalled(error) {
      options.endLeader();
      setMigration({ kind: 'failed', error: toErrorReport(error) });
      failOpening(error);
    },
  });

  function receive(message: ChannelMessage): void {
    stall.note(message);
    switch (message.kind) {
      case 'leader':
        isLeaderNew = true;
        // Commands that the leader before did not answer are asked again.
        channel.post({ kind: 'hello', settings });
        for (const [id, { command }] of pending) channel.post({ kind: 'command', id, command });
        return;
      case 'status':
        setStatus(message.status);
        greetLeader();
        return onHeard();
      case 'migration':
        return setMigration(message.state);
      case 'changed':
        return tell(new Set(message.tables));
      case 'error':
        return callSafely(hooks.onError, message.error);
      case 'open-failed':
        return failOpening(fromErrorReport(message.error));
      case 'reply':
        return take(message.id)?.resolve(message.result);
      case 'refusal':
        return take(message.id)?.reject(fromErrorReport(message.error));
      // What tabs say to the leader.
      case 'hello':
      case 'command':
        return;
    }
  }

  /** What the leader before had applied and not told, and queries that went down with it: all is asked again. */
  function greetLeader(): void {
    if (!isLeaderNew || pglite === null) return;
    isLeaderNew = false;
    tell(new Set(settings.shapes.map(({ table }) => table)));
  }

  function take(id: string): Pending | undefined {
    const entry = pending.get(id);
    pending.delete(id);
    return entry;
  }

  function tell(tables: ReadonlySet<string>): void {
    callAll(listeners, tables);
  }

  function setStatus(theirs: SyncStatus): void {
    const before = status.get();
    status.set(asSeenByPage(theirs, page, pglite?.isLeader ?? false));
    if (status.get().isReloadOffered && !before.isReloadOffered) callSafely(hooks.onReloadOffered, undefined);
  }

  function setMigration(next: MigrationState): void {
    const before = state.get();
    state.set(next);
    if (next.kind === 'failed' && before.kind !== 'failed') callSafely(hooks.onMigrationFailed, next.error);
    if (next.kind !== 'idle' || next.last === null) return;
    const known = before.kind === 'idle' ? before.last : null;
    if (known?.finishedAt === next.last.finishedAt || next.last.finishedAt < openedAt) return;
    // Types that the migration brought are read as arrays in this tab too.
    pglite?.refreshArrayTypes().catch(() => undefined);
    callSafely(hooks.onMigrated, next.last);
  }

  function send(command: Command): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const id = crypto.randomUUID();
      pending.set(id, { command, resolve, reject });
      channel.post({ kind: 'command', id, command });
    });
  }

  const opening = new Promise<never>((_, reject) => {
    failOpening = reject;
  });
  opening.catch(() => undefined);
  const heard = new Promise<void>((resolve) => {
    onHeard = resolve;
  });
  try {
    const db = await Promise.race([options.connect(), opening]);
    pglite = db;
    channel.post({ kind: 'hello', settings });
    await Promise.race([db.waitReady, opening]);
    await Promise.race([heard, opening]);
  } catch (error) {
    stall.stop();
    channel.close();
    await pglite?.close();
    throw error;
  }
  const db = pglite as PGliteWorker;
  failOpening = (error) => callSafely(hooks.onError, toErrorReport(error));
  // Workers don't always hear of the network, and never of a person who comes back to the tab.
  const wake = () => void send('wake').catch(() => undefined);
  const wakeWhenVisible = () => {
    if (document.visibilityState === 'visible') wake();
  };
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', wakeWhenVisible);
  const stopLeaderWatch = db.onLeaderChange(() => setStatus({ ...status.get(), isLeader: db.isLeader }));
  setStatus(status.get());

  return {
    db,
    status,
    migrations: {
      state,
      isMigrating: selectFrom(state, ({ kind }) => kind === 'migrating'),
      checkAndMigrate: async () => (await send('checkAndMigrate')) === true,
      forceMigration: async () => void (await send('forceMigration')),
      resetMigrationState: async () => void (await send('resetMigrationState')),
      getCurrentVersion: () => status.get().versions.local,
    },
    onChange(listener) {
      const entry = (tables: ReadonlySet<string>) => listener(tables);
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    inspect: async () => (await send('inspect')) as Inspection,
    pause: () => void send('pause').catch(() => undefined),
    resume: () => void send('resume').catch(() => undefined),
    async close({ erase = false } = {}) {
      stall.stop();
      stopLeaderWatch();
      removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wakeWhenVisible);
      if (erase) await send('erase');
      else if (db.isLeader)
        await Promise.race([send('release').catch(() => undefined), delay(RELEASE_MS_MAX)]);
      channel.close();
      await db.close();
    },
  };
}

/** The leader may be of another build: this page's own version counts, and a page behind the leader's is offered the reload. */
function asSeenByPage(status: SyncStatus, page: SchemaVersion, isLeader: boolean): SyncStatus {
  const isBehind = status.versions.page.index > page.index;
  return {
    ...status,
    isLeader,
    versions: { ...status.versions, page },
    isReloadOffered: status.isReloadOffered || isBehind,
  };
}

function initialStatus(settings: SyncSettings, page: SchemaVersion): SyncStatus {
  return {
    kind: 'starting',
    shapes: Object.fromEntries(settings.shapes.map(({ name, table }) => [name, initialShape(table, null)])),
    versions: { page, local: null, server: undefined },
    isReloadOffered: false,
    isLeader: false,
    error: null,
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
