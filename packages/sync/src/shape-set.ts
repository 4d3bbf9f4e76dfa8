import type { PGliteInterface } from '@electric-sql/pglite';
import { API_PATHS, type ClientShape, LockstepError } from '@lockstep/protocol';
import { createRetry, type Retry } from './backoff.ts';
import { toErrorReport } from './error-report.ts';
import type { TablePlan } from './follow.ts';
import type { Position } from './read/batch.ts';
import type { Multiplexer } from './read/multiplex.ts';
import { readStoredShapes, type StoredShape } from './read/position.ts';
import { type ReaderEvent, type ShapeReader, startShapeReader } from './read/shape-reader.ts';
import type { RefusedRequest } from './read/stream.ts';
import { hasRows, type LocalTable, readLocalTables } from './read/table.ts';
import type { ShapeEvent } from './state.ts';

export interface ShapeSetOptions {
  readonly db: PGliteInterface;
  readonly shapes: readonly ClientShape[];
  readonly apiUrl: string;
  readonly scope: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly multiplexer: Multiplexer;
  /** The local version's tag. */
  readonly version: () => string;
  readonly onEvent: (shape: ClientShape, event: ShapeEvent) => void;
  /** Rows of these tables changed in a commit. */
  readonly onRows: (tables: ReadonlySet<string>) => void;
  /** A request was refused or rows didn't fit: the server's schema may have moved. */
  readonly onTrouble: () => void;
  /** Paused or closed: no reader may be started. */
  readonly isStopped: () => boolean;
}

/** The readers of all shapes, each kept running by its plan, and started again after a failure. */
export interface ShapeSet {
  /** Brings every shape to its plan. Those whose plan is the same go on undisturbed. */
  follow(plans: ReadonlyMap<string, TablePlan>): Promise<void>;
  /** Stops the readers of these tables (of all without a list); done when they have let go of the database. */
  stop(tables?: ReadonlySet<string>): Promise<void>;
  /** The network may be back: what waits for its next attempt makes it now. */
  wake(): Promise<void>;
  readonly isAnyRunning: () => boolean;
}

interface Entry {
  readonly shape: ClientShape;
  /** What it runs by, or null when it doesn't. */
  plan: string | null;
  reader: ShapeReader | null;
  /** Counts stops: a start that was under way when the shape was stopped comes to nothing. */
  stops: number;
  /** Its last request did not get through. */
  isOffline: boolean;
  readonly retry: Retry;
}

export function createShapeSet(options: ShapeSetOptions): ShapeSet {
  const entries = options.shapes.map(
    (shape): Entry => ({ shape, plan: null, reader: null, stops: 0, isOffline: false, retry: createRetry() }),
  );

  async function stopEntry(entry: Entry): Promise<void> {
    entry.plan = null;
    entry.stops += 1;
    entry.retry.cancel();
    const { reader } = entry;
    entry.reader = null;
    await reader?.stop();
  }

  async function followPlan(entry: Entry, plan: TablePlan, local: LocalState): Promise<void> {
    const { shape } = entry;
    const table = local.tables.get(shape.table);
    entry.plan = JSON.stringify(plan);
    if (plan.kind === 'schema-behind') {
      return options.onEvent(shape, { kind: 'schema-behind', missing: plan.missing });
    }
    if (plan.kind === 'not-there-yet' || table === undefined) return options.onEvent(shape, { kind: 'wait' });
    await startEntry(entry, table, plan.columns, local.stored.get(shape.name));
  }

  async function startEntry(
    entry: Entry,
    table: LocalTable,
    columns: readonly string[],
    stored: StoredShape | undefined,
  ): Promise<void> {
    const { shape, stops } = entry;
    const start = decideStart(stored, columns, await hasRows(options.db, table));
    if (entry.stops !== stops || options.isStopped()) return;
    entry.reader = startShapeReader({
      ...options,
      target: { shape: shape.name, name: shape.table, table, columns },
      start,
      shapesUrl: `${options.apiUrl}${API_PATHS.shapes}`,
      params: {
        version: options.version,
        ...(shape.audience === 'viewer' ? { scope: options.scope } : {}),
      },
      onEvent: (event) => receive(entry, event),
    });
  }

  function receive(entry: Entry, event: ReaderEvent): void {
    const { shape, retry } = entry;
    if (event.kind === 'unreachable') entry.isOffline = true;
    if (event.kind === 'received') entry.isOffline = false;
    if (event.kind === 'refused') {
      // The first refusal is most often a schema that moved: asking for the version may settle it unseen.
      if (retry.attempts() > 0)
        options.onEvent(shape, { kind: 'fail', error: toErrorReport(refused(shape, event.request)) });
      return restartLater(entry);
    }
    if (event.kind === 'failed') {
      options.onEvent(shape, { kind: 'fail', error: toErrorReport(event.error) });
      return restartLater(entry);
    }
    if (event.kind === 'applied') retry.reset();
    options.onEvent(shape, event);
    if (event.kind === 'applied' && event.rows > 0) options.onRows(new Set([shape.table]));
  }

  function restartLater(entry: Entry): void {
    const { plan, stops } = entry;
    entry.reader = null;
    entry.retry.schedule(() => {
      if (plan === null || entry.stops !== stops) return;
      restart(entry, JSON.parse(plan) as TablePlan).catch((error: unknown) => {
        if (entry.stops !== stops) return;
        options.onEvent(entry.shape, { kind: 'fail', error: toErrorReport(error) });
        restartLater(entry);
      });
    });
    options.onTrouble();
  }

  async function restart(entry: Entry, plan: TablePlan): Promise<void> {
    const { stops } = entry;
    const local = await readLocalState(options.db);
    if (entry.stops === stops && entry.reader === null) await followPlan(entry, plan, local);
  }

  return {
    async follow(plans) {
      const local = await readLocalState(options.db);
      for (const entry of entries) {
        const plan = plans.get(entry.shape.table) ?? { kind: 'not-there-yet' };
        if (entry.plan === JSON.stringify(plan)) continue;
        await stopEntry(entry);
        if (options.isStopped()) return;
        await followPlan(entry, plan, local);
      }
    },
    async stop(tables) {
      const chosen = entries.filter(({ shape }) => tables === undefined || tables.has(shape.table));
      await Promise.all(chosen.map(stopEntry));
    },
    async wake() {
      for (const entry of entries) {
        entry.retry.hurry();
        const { plan } = entry;
        if (!entry.isOffline || entry.reader === null || plan === null || options.isStopped()) continue;
        // The client inside waits out its own delay: a reader of its own makes the attempt.
        entry.isOffline = false;
        await stopEntry(entry);
        entry.plan = plan;
        await restart(entry, JSON.parse(plan) as TablePlan);
      }
    },
    isAnyRunning: () => entries.some(({ reader }) => reader !== null),
  };
}

interface LocalState {
  readonly tables: ReadonlyMap<string, LocalTable>;
  readonly stored: ReadonlyMap<string, StoredShape>;
}

async function readLocalState(db: PGliteInterface): Promise<LocalState> {
  return { tables: await readLocalTables(db), stored: await readStoredShapes(db) };
}

/** Goes on where the stored rows end, if they came with the same columns; otherwise asks for all of them again. */
function decideStart(
  stored: StoredShape | undefined,
  columns: readonly string[],
  isFilled: boolean,
): { readonly how: 'resume'; readonly position: Position } | { readonly how: 'load' | 'refetch' } {
  const isSame = stored !== undefined && JSON.stringify(stored.columns) === JSON.stringify(columns);
  if (isSame && stored.position !== null) return { how: 'resume', position: stored.position };
  return { how: isFilled ? 'refetch' : 'load' };
}

function refused(shape: ClientShape, request: RefusedRequest): LockstepError {
  return new LockstepError('SYNC_REQUEST_FAILED', {
    message: `The server refused shape "${shape.name}": ${request.message}`,
    remedy:
      request.status === 401 || request.status === 403
        ? 'Sign in again.'
        : 'It is tried again by itself. If it goes on, reload the page for its newest version.',
    details: { shape: shape.name, status: request.status, code: request.code },
  });
}
