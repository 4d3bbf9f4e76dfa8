import type { PGliteInterface } from '@electric-sql/pglite';
import { LockstepError, type ReplicaMigration, type SchemaVersion } from '@lockstep/protocol';
import type {
  ErrorReport,
  LocalDatabaseHooks,
  MigrationManager,
  MigrationState,
  ShapeStatus,
  SyncStatus,
} from './contract.ts';
import { toErrorReport } from './error-report.ts';
import { canFollow, decideTarget, planTables, type TablePlan, type Target, versionOf } from './follow.ts';
import {
  eraseSchema,
  forgetHistory,
  isWithoutHistory,
  moveSchema,
  prepareLocalDatabase,
  readLocalMigrations,
} from './local-schema.ts';
import {
  explainGains,
  type Movement,
  reportMovement,
  summaryOf,
  type TableBefore,
  tablesToResync,
} from './migration-report.ts';
import { type Cell, createCell, selectFrom } from './observable.ts';
import { forgetPositions, readStoredShapes } from './read/position.ts';
import { countRows, readLocalTables } from './read/table.ts';
import { type HistorySource, readServerHistory } from './server-history.ts';
import { waitUntilSettled } from './settled.ts';
import type { ShapeSet } from './shape-set.ts';

export interface ManagerOptions {
  readonly db: PGliteInterface;
  /** What the page's code was built for. */
  readonly page: readonly ReplicaMigration[];
  readonly history: HistorySource;
  readonly shapes: ShapeSet;
  readonly status: Cell<SyncStatus>;
  readonly update: (patch: Partial<SyncStatus>) => void;
  /** Rows of these tables changed. */
  readonly tell: (tables: ReadonlySet<string>) => void;
  readonly hooks: Required<LocalDatabaseHooks>;
  /** Paused or closed: nothing may be started. */
  readonly isStopped: () => boolean;
}

/** The manager of the contract, with what only the client needs. */
export interface LocalMigrationManager extends MigrationManager {
  /** Brings the local database to the page's version, without the server (A10). Raises `LOCAL_MIGRATION_FAILED`. */
  startLocally(): Promise<void>;
  stopShapes(): Promise<void>;
  /** What is wrong although everything was done: the local database is beyond this page. */
  problem(): ErrorReport | null;
}

/** A3 to A8. One thing at a time: what is asked for meanwhile waits for its turn. */
export function createMigrationManager(options: ManagerOptions): LocalMigrationManager {
  const { db, page, shapes, status, update, hooks } = options;
  const state = createCell<MigrationState>({ kind: 'idle', last: null });
  let local: readonly ReplicaMigration[] = [];
  /** A movement whose tables still wait for the server's rows. */
  let movement: Movement | null = null;
  /** A history that could not be followed is not tried again and again. */
  let failedAt: string | null = null;
  let problem: ErrorReport | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = turn.then(body);
    turn = result.catch(() => undefined);
    return result;
  }

  function setLocal(migrations: readonly ReplicaMigration[]): void {
    local = migrations;
    update({ versions: { ...status.get().versions, local: versionOf(local) } });
  }

  function setProgress(step: 'schema' | 'rows', progress: number, table: string | null): void {
    if (movement === null) return;
    const { from, to, news } = movement;
    state.set({ kind: 'migrating', from, to, progress, table, summary: summaryOf(news), step });
  }

  async function begin(to: string, news: readonly ReplicaMigration[]): Promise<void> {
    const tables = await readTablesBefore();
    const from = movement?.from ?? local.at(-1)?.tag ?? null;
    const known = movement?.news ?? [];
    movement = {
      from,
      to,
      startedAt: movement?.startedAt ?? Date.now(),
      news: [...known, ...news.filter(({ hash }) => !known.some((entry) => entry.hash === hash))],
      tables: movement?.tables ?? tables,
    };
  }

  async function readTablesBefore(): Promise<readonly TableBefore[]> {
    const stored = await readStoredShapes(db);
    const statuses = statusByTable(status.get());
    const before: TableBefore[] = [];
    for (const [name, table] of await readLocalTables(db)) {
      before.push({
        table: name,
        rows: await countRows(db, table),
        bytes: statuses.get(name)?.bytes ?? 0,
        stored: [...stored.values()].find((entry) => entry.table === name) ?? null,
      });
    }
    return before;
  }

  /** Runs DDL while queries wait; what fails is told, and leaves the schema as it was. */
  async function move(target: readonly ReplicaMigration[], news: readonly ReplicaMigration[]): Promise<void> {
    let done = 0;
    setProgress('schema', 0, null);
    try {
      await moveSchema(db, target, () => {
        done += 1;
        setProgress('schema', (done / (news.length + 1)) * 0.5, null);
      });
    } finally {
      setLocal(await readLocalMigrations(db));
    }
    setProgress('rows', 0.5, null);
    options.tell(new Set((await readLocalTables(db)).keys()));
  }

  function fail(error: unknown): void {
    const report = toErrorReport(error);
    movement = null;
    state.set({ kind: 'failed', error: report });
    hooks.onMigrationFailed(report);
  }

  async function finish(resynced: ReadonlySet<string>): Promise<void> {
    if (movement === null) return;
    const statuses = statusByTable(status.get());
    const report = reportMovement(movement, {
      finishedAt: new Date(),
      tables: [...(await readLocalTables(db)).keys()],
      resynced,
      bytes: new Map([...statuses].map(([table, shape]) => [table, shape.bytes])),
    });
    movement = null;
    state.set({ kind: 'idle', last: report });
    hooks.onMigrated(report);
  }

  async function startLocally(): Promise<void> {
    await prepareLocalDatabase(db);
    if (await isWithoutHistory(db)) await eraseSchema(db);
    setLocal(await readLocalMigrations(db));
    const hashes = new Set(local.map(({ hash }) => hash));
    const news = page.filter(({ hash }) => !hashes.has(hash));
    if (news.length === 0) return;
    const isFirst = local.length === 0;
    if (!isFirst) await begin((page.at(-1) as ReplicaMigration).tag, news);
    try {
      await move(page, news);
    } catch (error) {
      if (isFirst) throw failed(error);
      await rebuild(error, news);
    }
  }

  /** The local history isn't the page's, or a step of it failed: the replica is built anew from the page's own. */
  async function rebuild(reason: unknown, news: readonly ReplicaMigration[]): Promise<void> {
    hooks.onError(toErrorReport(reason));
    try {
      await eraseSchema(db);
      await move(page, news);
    } catch (error) {
      throw failed(error);
    }
  }

  function failed(error: unknown): unknown {
    fail(error);
    return error;
  }

  async function followServer(): Promise<boolean> {
    if (options.isStopped()) return false;
    const server = await readHistory();
    if (server === null) {
      await followPlans(await plansWithoutVersion());
      return false;
    }
    const target = decideTarget({ page, local, server });
    const outcome = await moveWithServer(server, target);
    await followPlans(outcome === 'failed' ? planTables(local, server) : target.tables);
    noteBeyondPage(target.isReloadOffered || outcome === 'failed');
    return outcome === 'moved';
  }

  /** Null for a server without our API. */
  async function readHistory(): Promise<readonly ReplicaMigration[] | null> {
    try {
      const history = await readServerHistory(options.history, local);
      if (history.kind === 'unversioned') return null;
      update({ versions: { ...status.get().versions, server: history.version } });
      return history.migrations;
    } catch (error) {
      // What was moved before the server could be asked is done as far as it can be (A10).
      await finish(new Set());
      throw error;
    }
  }

  async function moveWithServer(
    server: readonly ReplicaMigration[],
    target: Target,
  ): Promise<'moved' | 'failed' | 'nothing'> {
    const newest = target.move.at(-1);
    if (newest === undefined) return 'nothing';
    if (failedAt === newest.chain) return 'failed';
    await begin(newest.tag, target.move);
    await shapes.stop(new Set(target.move.flatMap(({ footprint }) => tablesOf(footprint))));
    try {
      await move(server.slice(0, server.indexOf(newest) + 1), target.move);
      return 'moved';
    } catch (error) {
      failedAt = newest.chain;
      fail(error);
      return 'failed';
    }
  }

  /** Starts what has to run and, if that is news, waits until the tables concerned have the server's rows. */
  async function followPlans(plans: ReadonlyMap<string, TablePlan>): Promise<void> {
    const stored = await readStoredShapes(db);
    const gained = tablesToResync(plans, stored);
    const caughtUp = explainGains(local, gained);
    const newest = caughtUp.at(-1);
    if (newest !== undefined) await begin(newest.tag, caughtUp);
    const waitFor = new Set([...gained.keys(), ...createdTables(movement)]);
    setProgress('rows', 0.5, [...waitFor][0] ?? null);
    await shapes.follow(plans);
    if (movement === null) return;
    await waitUntilSettled(status, waitFor, (table, share) => setProgress('rows', 0.5 + share / 2, table));
    await finish(new Set(gained.keys()));
  }

  /** Against a server without our API the local tables are what is asked for. */
  async function plansWithoutVersion(): Promise<ReadonlyMap<string, TablePlan>> {
    const tables = [...(await readLocalTables(db))];
    return new Map(
      tables.map(([name, { columns }]) => [
        name,
        { kind: 'sync', columns: columns.map((column) => column.name) },
      ]),
    );
  }

  /** A newer page was here before and moved the database to where this page's code can't follow. */
  function noteBeyondPage(isReloadOffered: boolean): void {
    const schema = page.at(-1)?.schema ?? { types: [], tables: [] };
    const known = new Set(page.map(({ hash }) => hash));
    const strange = local.filter((migration) => !known.has(migration.hash) && !canFollow(migration, schema));
    problem = strange.length === 0 ? null : toErrorReport(newerDatabase(strange));
    update({ isReloadOffered: isReloadOffered || problem !== null });
  }

  return {
    state,
    isMigrating: selectFrom(state, ({ kind }) => kind === 'migrating'),
    checkAndMigrate: () => inTurn(followServer),
    forceMigration: () =>
      inTurn(async () => {
        const newest = local.at(-1);
        if (newest === undefined || options.isStopped()) return;
        await begin(newest.tag, []);
        await shapes.stop();
        await db.exec(forgetPositions('all'));
        await followServer();
      }),
    resetMigrationState: () =>
      inTurn(async () => {
        await shapes.stop();
        await forgetHistory(db);
      }),
    getCurrentVersion: (): SchemaVersion | null => versionOf(local),
    startLocally: () => inTurn(startLocally),
    stopShapes: () => shapes.stop(),
    problem: () => problem,
  };
}

function statusByTable({ shapes }: SyncStatus): ReadonlyMap<string, ShapeStatus> {
  return new Map(Object.values(shapes).map((shape) => [shape.table, shape]));
}

function createdTables(movement: Movement | null): readonly string[] {
  return (movement?.news ?? []).flatMap(({ footprint }) =>
    footprint.flatMap((change) => (change.kind === 'create-table' ? [change.table] : [])),
  );
}

function tablesOf(footprint: ReplicaMigration['footprint']): readonly string[] {
  return footprint.flatMap((change) => (change.kind === 'alter-enum' ? [] : [change.table]));
}

function newerDatabase(strange: readonly ReplicaMigration[]): LockstepError {
  return new LockstepError('LOCAL_DATABASE_NEWER', {
    message: `The local database was moved by a newer page (${strange.map(({ tag }) => tag).join(', ')}).`,
    remedy: 'Reload the page for its newest version.',
    details: { migrations: strange.map(({ tag }) => tag) },
  });
}
