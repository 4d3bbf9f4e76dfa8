import type { Lsn } from '@lockstep/protocol';

/** A place in a shape's log: after operation `operation` of the transaction committed at `lsn`. */
export interface Position {
  readonly lsn: Lsn;
  readonly operation: number;
}

/** True when `a` comes after `b`. */
export function isAfter(a: Position, b: Position): boolean {
  return a.lsn === b.lsn ? a.operation > b.operation : a.lsn > b.lsn;
}
