import type { Registry } from '../shape/registry.ts';
import type { Shape } from '../shape/shape.ts';
import type { Database } from '../source/connection.ts';

/** What the server has counted since it was made. */
export interface Counters {
  requests: number;
  /** Shapes that were begun. */
  shapesCreated: number;
  /** Long polls and event streams that are open now. */
  liveRequests: number;
  transactions: number;
  changes: number;
  /** Starts of the replication stream, the first one included. */
  streamStarts: number;
}

/** What answering a request needs. */
export interface ServeContext {
  readonly registry: Registry;
  readonly database: Database;
  readonly publication: string;
  readonly longPollMs: number;
  readonly counters: Counters;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Whether the stream runs, after waiting for it a while. */
  isReady(): Promise<boolean>;
  /** Begins what `findOrCreate` made. */
  start(shape: Shape): void;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}
