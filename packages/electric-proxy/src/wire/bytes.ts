import type { Socket } from 'node:net';

/** Reads exact numbers of bytes from a socket, for the part of the protocol before messages flow freely. */
export interface ByteReader {
  /** Rejects with `HangUp` when the other side ends first. */
  take(bytes: number): Promise<Buffer>;
  /** Stops reading; the socket is paused. Returns what arrived beyond what was taken. */
  release(): Buffer;
}

/** The other side went away in the middle of the handshake. */
export class HangUp extends Error {
  override readonly name = 'HangUp';
}

/** `bytesMax` bounds what is kept in memory: the socket is paused beyond it. */
export function createByteReader(socket: Socket, bytesMax: number): ByteReader {
  let buffered: Buffer = Buffer.alloc(0);
  let waiting: { readonly bytes: number; resolve(bytes: Buffer): void; reject(error: Error): void } | null =
    null;
  let isOver = false;

  const serve = () => {
    if (waiting === null) return;
    const { bytes, resolve, reject } = waiting;
    if (buffered.length >= bytes) {
      waiting = null;
      const taken = buffered.subarray(0, bytes);
      buffered = buffered.subarray(bytes);
      resolve(taken);
    } else if (isOver) {
      waiting = null;
      reject(new HangUp('the connection ended during the handshake'));
    } else {
      socket.resume();
    }
  };
  const onData = (chunk: Buffer) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    if (buffered.length >= bytesMax) socket.pause();
    serve();
  };
  const onEnd = () => {
    isOver = true;
    serve();
  };
  socket.on('data', onData).on('end', onEnd).on('close', onEnd);

  return {
    take: (bytes) =>
      new Promise((resolve, reject) => {
        waiting = { bytes, resolve, reject };
        serve();
      }),
    release() {
      socket.pause();
      socket.off('data', onData).off('end', onEnd).off('close', onEnd);
      return buffered;
    },
  };
}
