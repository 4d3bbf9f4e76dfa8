import type { Lsn } from '@lockstep/protocol';
import type { Position } from './position.ts';

/** A stretch of the log, up to the end of a chunk or of the log. */
export interface LogBatch {
  /** The messages as JSON with commas between them, in pieces; valid as long as the reader likes. */
  readonly pieces: readonly Uint8Array[];
  /** The messages one by one. */
  messages(): string[];
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
  readonly bytes: number;
}

const FIRST_PIECE_BYTES = 4 * 1024;
const PIECE_BYTES_MAX = 1024 * 1024;
const COMMA = 0x2c;

interface Piece {
  readonly bytes: Buffer;
  /** Index of its first message. */
  readonly from: number;
  used: number;
}

/**
 * A chunk ends with the message that makes it `chunkBytes` long, wherever that is. Messages lie encoded and one after
 * the other, each behind a comma: an answer is made of slices, and the garbage collector sees few objects.
 */
export function createChangeLog(chunkBytes: number): ChangeLog {
  const lsns: Lsn[] = [];
  const operations: number[] = [];
  /** Where each message begins in its piece, after its comma. */
  const starts: number[] = [];
  const pieces: Piece[] = [];
  /** Index after the last message of each full chunk. */
  const chunkEnds: number[] = [];
  let openBytes = 0;
  let bytes = 0;

  const at = (index: number): Position => ({
    lsn: lsns[index] as Lsn,
    operation: operations[index] as number,
  });

  /** The piece to write `bytes` more into. */
  const reserve = (bytes: number): Piece => {
    const last = pieces.at(-1);
    if (last !== undefined && last.used + bytes <= last.bytes.byteLength) return last;
    const size =
      last === undefined ? FIRST_PIECE_BYTES : Math.min(last.bytes.byteLength * 4, PIECE_BYTES_MAX);
    const piece = { bytes: Buffer.allocUnsafeSlow(Math.max(size, bytes)), from: starts.length, used: 0 };
    pieces.push(piece);
    return piece;
  };

  /** Index of the first message after the position. */
  const indexAfter = (position: Position): number =>
    firstIndex(lsns.length, (index) => {
      const lsn = lsns[index] as Lsn;
      return lsn === position.lsn ? (operations[index] as number) > position.operation : lsn > position.lsn;
    });

  /** The messages `from` to `to`, where they lie. */
  const slices = (from: number, to: number): Uint8Array[] => {
    const found: Uint8Array[] = [];
    let at = firstIndex(pieces.length, (index) => (pieces[index] as Piece).from > from) - 1;
    for (let next = from; next < to; at += 1) {
      const piece = pieces[at] as Piece;
      const pieceEnd = pieces[at + 1]?.from ?? starts.length;
      const end = Math.min(to, pieceEnd);
      const endByte = end === pieceEnd ? piece.used : (starts[end] as number) - 1;
      // The first slice begins without its comma, the others with theirs.
      found.push(piece.bytes.subarray((starts[next] as number) - (next === from ? 0 : 1), endByte));
      next = end;
    }
    return found;
  };

  return {
    get bytes() {
      return bytes;
    },
    get last() {
      return lsns.length === 0 ? null : at(lsns.length - 1);
    },
    append(lsn, operation, json) {
      const length = Buffer.byteLength(json);
      const piece = reserve(length + 1);
      piece.bytes[piece.used] = COMMA;
      piece.bytes.write(json, piece.used + 1, 'utf8');
      starts.push(piece.used + 1);
      piece.used += length + 1;
      lsns.push(lsn);
      operations.push(operation);
      openBytes += length;
      bytes += length;
      if (openBytes >= chunkBytes) {
        chunkEnds.push(lsns.length);
        openBytes = 0;
      }
    },
    hasAfter: (position) => indexAfter(position) < lsns.length,
    readAfter(position) {
      const from = indexAfter(position);
      const chunk = firstIndex(chunkEnds.length, (index) => (chunkEnds[index] as number) > from);
      const to = chunkEnds[chunk] ?? lsns.length;
      const each = () =>
        Array.from({ length: to - from }, (_, index) =>
          slices(from + index, from + index + 1)
            .map((slice) => new TextDecoder().decode(slice))
            .join(''),
        );
      if (from === to) return { pieces: [], messages: () => [], end: null, isLast: true };
      return { pieces: slices(from, to), messages: each, end: at(to - 1), isLast: to === lsns.length };
    },
  };
}

/** The first index below `length` for which the condition holds, which then holds for all that follow. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
