import type { Lsn } from '@lockstep/protocol';
import type { Position } from './position.ts';

/** A stretch of the log, up to the end of a chunk or of the log. */
export interface LogBatch {
  /** Messages as JSON. */
  readonly messages: readonly string[];
  /** Position of the last message, or null when there is none. */
  readonly end: Position | null;
  /** False when more follows. */
  readonly isLast: boolean;
}

/** The changes of one shape since its snapshot, in order, in memory. */
export interface ChangeLog {
  append(lsn: Lsn, operation: number, json: string): void;
  /** What follows the position. */
  readAfter(position: Position): LogBatch;
  hasAfter(position: Position): boolean;
  readonly last: Position | null;
}

/** A chunk ends with the message that makes it `chunkBytes` long (counted in UTF-16 units), wherever that is. */
export function createChangeLog(chunkBytes: number): ChangeLog {
  const lsns: Lsn[] = [];
  const operations: number[] = [];
  const messages: string[] = [];
  /** Index after the last message of each full chunk. */
  const chunkEnds: number[] = [];
  let openBytes = 0;

  const at = (index: number): Position => ({
    lsn: lsns[index] as Lsn,
    operation: operations[index] as number,
  });

  /** Index of the first message after the position. */
  const indexAfter = (position: Position): number => {
    let low = 0;
    let high = messages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const lsn = lsns[middle] as Lsn;
      const isPast =
        lsn === position.lsn ? (operations[middle] as number) > position.operation : lsn > position.lsn;
      if (isPast) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  return {
    get last() {
      return messages.length === 0 ? null : at(messages.length - 1);
    },
    append(lsn, operation, json) {
      lsns.push(lsn);
      operations.push(operation);
      messages.push(json);
      openBytes += json.length;
      if (openBytes >= chunkBytes) {
        chunkEnds.push(messages.length);
        openBytes = 0;
      }
    },
    hasAfter: (position) => indexAfter(position) < messages.length,
    readAfter(position) {
      const from = indexAfter(position);
      const to = chunkEnds.find((end) => end > from) ?? messages.length;
      if (from === to) return { messages: [], end: null, isLast: true };
      return { messages: messages.slice(from, to), end: at(to - 1), isLast: to === messages.length };
    },
  };
}
