import type { ErrorReport, ShapeStatus, SyncStatus } from './contract.ts';
import type { Position } from './read/batch.ts';

/** What can happen to a shape. `SPEC.md` has the table of states and events. */
export type ShapeEvent =
  | {
      readonly kind: 'connect';
      readonly how: 'load' | 'resume' | 'refetch';
      readonly position: Position | null;
    }
  | { readonly kind: 'received'; readonly rows: number; readonly bytes: number }
  | {
      readonly kind: 'applied';
      readonly position: Position;
      readonly isUpToDate: boolean;
      /** Given where this ends a load of the whole table. */
      readonly loadMs?: number;
    }
  | { readonly kind: 'refetch' }
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'pause' }
  /** The server is yet to get the table. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'schema-behind'; readonly missing: readonly string[] }
  | { readonly kind: 'fail'; readonly error: ErrorReport };

type Common = Pick<ShapeStatus, 'table' | 'rows' | 'bytes' | 'position' | 'loadMs'>;

/** A shape that nothing was heard of yet. */
export function initialShape(table: string, position: Position | null): ShapeStatus {
  return { kind: 'connecting', table, rows: 0, bytes: 0, position };
}

/** Total: every event has an outcome in every state; one that can't matter leaves the state as it is. */
export function reduceShape(state: ShapeStatus, event: ShapeEvent): ShapeStatus {
  const common = commonOf(state);
  switch (event.kind) {
    case 'connect':
      return {
        ...common,
        kind: event.how === 'refetch' ? 'refetching' : 'connecting',
        position: event.position,
      };
    case 'received':
      return received(state, event);
    case 'applied':
      if (isStopped(state)) return state;
      return {
        ...common,
        ...(event.loadMs === undefined ? {} : { loadMs: event.loadMs }),
        kind: event.isUpToDate ? 'live' : 'loading',
        position: event.position,
      };
    case 'refetch':
      return isStopped(state) ? state : { ...common, kind: 'refetching' };
    case 'unreachable':
      return isStopped(state) ? state : { ...common, kind: 'offline' };
    case 'pause':
      // What needs a person's attention stays to be seen.
      return state.kind === 'schema-behind' ? state : { ...common, kind: 'paused' };
    case 'wait':
      return { ...common, kind: 'waiting' };
    case 'schema-behind':
      return { ...common, kind: 'schema-behind', missing: event.missing };
    case 'fail':
      return { ...common, kind: 'failed', error: event.error };
  }
}

function received(state: ShapeStatus, event: { readonly rows: number; readonly bytes: number }): ShapeStatus {
  if (isStopped(state)) return state;
  const counted = { rows: state.rows + event.rows, bytes: state.bytes + event.bytes };
  // An answer proves the connection. What was live stays so: the answer is applied in a moment.
  const isWaiting = state.kind === 'connecting' || state.kind === 'offline';
  return isWaiting ? { ...commonOf(state), ...counted, kind: 'loading' } : { ...state, ...counted };
}

/** States that only `connect` leaves: late answers of a stream that was stopped change nothing. */
const STOPPED: ReadonlySet<ShapeStatus['kind']> = new Set(['schema-behind', 'failed', 'paused', 'waiting']);

function isStopped(state: ShapeStatus): boolean {
  return STOPPED.has(state.kind);
}

function commonOf({ table, rows, bytes, position, loadMs }: ShapeStatus): Common {
  return { table, rows, bytes, position, ...(loadMs === undefined ? {} : { loadMs }) };
}

/** What the whole sync is, from its parts. `isStarted`: the server has been asked for its version. */
export function summarize(
  { shapes, error }: Pick<SyncStatus, 'shapes' | 'error'>,
  client: { readonly isStarted: boolean; readonly isPaused: boolean; readonly isOffline: boolean },
): SyncStatus['kind'] {
  const kinds = new Set(Object.values(shapes).map(({ kind }) => kind));
  if (client.isPaused) return 'paused';
  if (error !== null || kinds.has('failed')) return 'failed';
  if (client.isOffline || kinds.has('offline')) return 'offline';
  if (!client.isStarted) return 'starting';
  // A shape whose schema is behind keeps its rows; the reload that is offered is its way on.
  return kinds.has('connecting') || kinds.has('loading') || kinds.has('refetching') ? 'loading' : 'live';
}
