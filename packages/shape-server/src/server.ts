import { LockstepError } from '@lockstep/protocol';
import type { Counters, ServeContext } from './http/context.ts';
import { handleRequest } from './http/handler.ts';
import { createRegistry } from './shape/registry.ts';
import { startShape } from './shape/start-shape.ts';
import { openDatabase, sqlState } from './source/connection.ts';
import { ensurePublication, type PublishingMode } from './source/publishing.ts';
import { startReplication } from './source/replication.ts';
import { loadParser } from './where/parse.ts';

const LOOKUP_CONNECTIONS_MAX = 4;
/** How many tables are read at a time; the next ones wait. */
const SNAPSHOT_CONNECTIONS_MAX = 4;
const SWEEP_INTERVAL_MS = 60_000;
const READY_TIMEOUT_MS = 5_000;
const LONG_POLL_MS = 20_000;
const CHUNK_BYTES = 10 * 1024 * 1024;
const STREAM_ID = /^[a-z_][a-z0-9_]{0,40}$/;
const SLOT_LENGTH_MAX = 50;

export interface ShapeServerOptions {
  /** A Postgres with `wal_level=logical`, as a role with REPLICATION that may read the tables (and owns them, when publishing is automatic). */
  readonly databaseUrl: string;
  /** Names publication and slot: `electric_publication_<streamId>`. Several servers on one cluster differ in it. */
  readonly streamId?: string;
  /** Required in the query of shape requests when set. */
  readonly secret?: string;
  /** How long a live request is held, milliseconds. */
  readonly longPollMs?: number;
  /** A body ends with the message that makes it this long. */
  readonly chunkBytes?: number;
  /** `automatic`: tables join the publication, with REPLICA IDENTITY FULL, when a shape needs them. */
  readonly publishing?: PublishingMode;
  readonly log?: (line: string) => void;
}

export interface ShapeServer {
  /** Answers a request of Electric's HTTP protocol. Never rejects. */
  fetch(request: Request): Promise<Response>;
  /** Answers live polls at once and ends every connection to Postgres. */
  close(): Promise<void>;
  readonly counters: Readonly<Counters>;
}

/**
 * Starts a shape server on a Postgres and resolves when it follows its changes.
 * Throws LockstepError: POSTGRES_UNREACHABLE, or CONFIG_INVALID for a stream id or a Postgres that can't replicate.
 */
export async function createShapeServer(options: ShapeServerOptions): Promise<ShapeServer> {
  const { streamId = 'default', longPollMs = LONG_POLL_MS, chunkBytes = CHUNK_BYTES } = options;
  if (!STREAM_ID.test(streamId)) throw invalidStreamId(streamId);
  const log = options.log ?? (() => undefined);
  const publication = `electric_publication_${streamId}`;
  await loadParser();
  const database = openDatabase(options.databaseUrl, LOOKUP_CONNECTIONS_MAX);
  // Long snapshots must not keep requests from looking at the catalogue.
  const snapshots = openDatabase(options.databaseUrl, SNAPSHOT_CONNECTIONS_MAX, 0);
  const settled = new Set<string>();
  const registry = createRegistry({ chunkBytes, nowMs: Date.now });
  const closing = new AbortController();
  const counters: Counters = {
    requests: 0,
    shapesCreated: 0,
    liveRequests: 0,
    transactions: 0,
    changes: 0,
    streamStarts: 0,
  };
  const stream = createReadiness();
  const replication = startReplication({
    url: options.databaseUrl,
    publication,
    slotPrefix: slotPrefix(streamId, options.databaseUrl),
    prepare: () => ensurePublication(database, publication),
    log,
    events: {
      onStart(lsn) {
        counters.streamStarts += 1;
        registry.restart(lsn);
        stream.set(true);
      },
      onTransaction(transaction) {
        counters.transactions += 1;
        counters.changes += transaction.changes.length;
        registry.accept(transaction);
      },
      onLost: () => stream.set(false),
    },
  });
  try {
    await replication.started;
  } catch (cause) {
    await Promise.all([database.close(), snapshots.close()]);
    throw startFailure(cause);
  }
  const context: ServeContext = {
    registry,
    database,
    publication,
    longPollMs,
    counters,
    nowMs: Date.now,
    random: Math.random,
    isReady: () => stream.wait(READY_TIMEOUT_MS),
    start: (shape) => {
      const { publishing = 'automatic' } = options;
      void startShape(shape, { database: snapshots, publication, publishing, registry, settled });
    },
    closing: closing.signal,
  };
  const sweeper = setInterval(() => registry.retireIdle(Date.now()), SWEEP_INTERVAL_MS);
  sweeper.unref();
  const secret = options.secret ?? null;
  const health = () => (stream.isReady ? ('active' as const) : ('starting' as const));
  let closed: Promise<void> | null = null;
  const close = async () => {
    closing.abort();
    clearInterval(sweeper);
    registry.release();
    await replication.close();
    await Promise.all([database.close(), snapshots.close()]);
  };
  return {
    counters,
    fetch: (request) => handleRequest(request, { context, secret, health, log }),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** Whether the stream runs, for those who wait for it. */
function createReadiness() {
  let isReady = false;
  const waiters = new Set<(isReady: boolean) => void>();
  return {
    get isReady() {
      return isReady;
    },
    set(value: boolean) {
      isReady = value;
      if (value) for (const settle of waiters) settle(true);
    },
    wait(timeoutMs: number): Promise<boolean> {
      if (isReady) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settle = (value: boolean) => {
          clearTimeout(timer);
          waiters.delete(settle);
          resolve(value);
        };
        const timer = setTimeout(() => settle(false), timeoutMs);
        waiters.add(settle);
      });
    },
  };
}

/** Slots are the whole cluster's: the database is in the name. */
function slotPrefix(streamId: string, databaseUrl: string): string {
  const database = decodeURIComponent(new URL(databaseUrl).pathname.slice(1)).toLowerCase();
  return `electric_slot_${streamId}_${database.replace(/[^a-z0-9_]/g, '_')}`.slice(0, SLOT_LENGTH_MAX);
}

function invalidStreamId(streamId: string): LockstepError {
  return new LockstepError('CONFIG_INVALID', {
    message: `The stream id ${JSON.stringify(streamId)} is not a plain name.`,
    remedy: 'Use lower-case letters, digits and underscores, at most 41 of them, not starting with a digit.',
  });
}

function startFailure(cause: unknown): LockstepError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (sqlState(cause) === undefined) {
    return new LockstepError('POSTGRES_UNREACHABLE', {
      message: `The shape server can't reach Postgres: ${message}`,
      remedy: 'Start Postgres, or correct DATABASE_URL.',
      cause,
    });
  }
  return new LockstepError('CONFIG_INVALID', {
    message: `Postgres can't be followed: ${message}`,
    remedy:
      'Set wal_level=logical and enough max_replication_slots and max_wal_senders, and connect as a role with REPLICATION that may create a publication.',
    cause,
  });
}
