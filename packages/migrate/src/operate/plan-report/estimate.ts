import type { Effect } from '../../author/lint/effects/effect.ts';
import type { TableSize } from './measure.ts';

/** What a statement costs, roughly: to tell seconds from hours, not to promise anything. */
export interface Estimate {
  readonly walBytes: number;
  readonly seconds: number;
  readonly duration: Duration;
}

export type Duration = 'instant' | 'seconds' | 'minutes' | 'hours';

/** A plain server with a disk of its own, and nothing in its cache. */
const SCANNED_BYTES_PER_SECOND = 200e6;
const WRITTEN_BYTES_PER_SECOND = 30e6;
const INDEXED_ROWS_PER_SECOND = 500e3;
/** An entry of a B-tree over a uuid, with its item pointer. */
const INDEX_ENTRY_BYTES = 40;
/** A record's head in the log. */
const WAL_RECORD_BYTES = 60;

/** `writes`: the statement writes rows by itself (UPDATE, DELETE), all of them as far as anybody can tell. */
export function estimate(effect: Effect, size: TableSize, writes: 'update' | 'delete' | null): Estimate {
  const rows = size.rows ?? 0;
  const all = size.tableBytes + size.indexBytes;
  let seconds = 0;
  let walBytes = 0;
  if (effect.rewrites) {
    // The new table is logged whole. Old rows aren't, whatever the replica identity.
    walBytes += all;
    seconds += size.tableBytes / SCANNED_BYTES_PER_SECOND + all / WRITTEN_BYTES_PER_SECOND;
  } else {
    if (effect.scans) seconds += size.tableBytes / SCANNED_BYTES_PER_SECOND;
    if (effect.builds) {
      walBytes += rows * INDEX_ENTRY_BYTES;
      seconds += rows / INDEXED_ROWS_PER_SECOND;
    }
  }
  if (writes !== null) {
    const old = size.hasFullReplicaIdentity ? size.tableBytes : 0;
    const fresh = writes === 'update' ? size.tableBytes + rows * INDEX_ENTRY_BYTES : 0;
    const bytes = old + fresh + rows * WAL_RECORD_BYTES;
    walBytes += bytes;
    seconds += bytes / WRITTEN_BYTES_PER_SECOND;
  }
  return { walBytes: Math.round(walBytes), seconds, duration: durationOf(seconds) };
}

function durationOf(seconds: number): Duration {
  if (seconds < 0.2) return 'instant';
  if (seconds < 60) return 'seconds';
  return seconds < 3600 ? 'minutes' : 'hours';
}
