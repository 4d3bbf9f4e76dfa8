/** What becomes of a message, decided at its header: sent on piece by piece, or held until it is whole. */
export type FrameFate = 'stream' | 'hold';

export type FramePiece =
  /** Bytes of one or more streamed messages, in order. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** A held message, with its header. */
  | { readonly kind: 'message'; readonly type: number; readonly bytes: Buffer };

export interface FrameReader {
  push(chunk: Buffer): void;
  /** The next piece, or null when more bytes are needed. Throws `FrameError` on a length that no message can have. */
  next(): FramePiece | null;
  /** True when no message is cut: what was read so far ends at a message's end. */
  isBetweenMessages(): boolean;
}

/** A message's length is beyond the protocol: whoever sends it doesn't speak it. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** The type's byte and the length's four. */
export const HEADER_BYTES = 5;
/** Postgres refuses longer messages (PQ_LARGE_MESSAGE_LIMIT). */
export const MESSAGE_BYTES_MAX = 0x3fff_ffff;

const EMPTY = Buffer.alloc(0);

/**
 * Cuts a byte stream into Postgres messages, however it arrives. `decide` is called once at every header, after all
 * earlier messages were handed out, so it may depend on them. Streamed messages are never copied nor gathered.
 */
export function createFrameReader(decide: (type: number, length: number) => FrameFate): FrameReader {
  let chunk: Buffer = EMPTY;
  let at = 0;
  /** Bytes of the streamed message that are still to come. */
  let streaming = 0;
  let held: { readonly type: number; readonly parts: Buffer[]; missing: number } | null = null;
  let isHoldDecided = false;

  const takeHeld = (): FramePiece | null => {
    if (held === null) return null;
    const part = chunk.subarray(at, at + held.missing);
    at += part.length;
    held.missing -= part.length;
    held.parts.push(part);
    if (held.missing > 0) return null;
    const { type, parts } = held;
    held = null;
    return { kind: 'message', type, bytes: parts.length === 1 ? part : Buffer.concat(parts) };
  };

  const next = (): FramePiece | null => {
    if (held !== null) return takeHeld();
    const start = at;
    for (;;) {
      const step = Math.min(streaming, chunk.length - at);
      at += step;
      streaming -= step;
      if (chunk.length - at < HEADER_BYTES) break;
      const type = chunk[at] ?? 0;
      const length = chunk.readUInt32BE(at + 1);
      if (length < 4 || length > MESSAGE_BYTES_MAX) throw new FrameError(`invalid message length ${length}`);
      if (!isHoldDecided && decide(type, length) === 'stream') {
        streaming = length + 1;
        continue;
      }
      if (at > start) {
        isHoldDecided = true;
        break;
      }
      isHoldDecided = false;
      held = { type, parts: [], missing: length + 1 };
      return takeHeld();
    }
    return at > start ? { kind: 'bytes', bytes: chunk.subarray(start, at) } : null;
  };

  return {
    push(bytes) {
      chunk = at === chunk.length ? bytes : Buffer.concat([chunk.subarray(at), bytes]);
      at = 0;
    },
    next,
    isBetweenMessages: () => held === null && streaming === 0 && at === chunk.length,
  };
}
