import type { SnapshotPoint } from '../source/source.ts';

const XID_RANGE = 1n << 32n;
const XID_HALF = 1n << 31n;

/** Whether the snapshot saw the transaction. The stream's ids have 32 bits: the one nearest to `xmax` is meant. */
export function isVisible(xid: number, point: SnapshotPoint): boolean {
  const full = widen(xid, point.xmax);
  if (full >= point.xmax) return false;
  return full < point.xmin || !point.running.includes(full);
}

/** Whether the snapshot saw every one of the transactions. */
export function areVisible(xids: readonly number[], point: SnapshotPoint): boolean {
  return xids.every((xid) => isVisible(xid, point));
}

function widen(xid: number, near: bigint): bigint {
  const candidate = near - (near % XID_RANGE) + BigInt(xid);
  if (candidate - near > XID_HALF) return candidate - XID_RANGE;
  if (near - candidate > XID_HALF) return candidate + XID_RANGE;
  return candidate;
}
