const PIECE_BYTES = 256 * 1024;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const NEWLINE = 0x0a;

interface Chunk {
  readonly pieces: Uint8Array[];
  isClosed: boolean;
}

/** The rows of a snapshot as ready response bodies, readable while they are written. */
export interface SnapshotStore {
  /** Adds one message; a newline at its end is dropped. The bytes are copied. */
  add(json: Uint8Array): void;
  /** No more messages follow. */
  finish(): void;
  /** Readers get the error. */
  fail(error: unknown): void;
  /** Waits until chunk `index` has begun; null when the snapshot ended before it. */
  open(index: number): Promise<AsyncIterable<Uint8Array> | null>;
  /** Number of chunks; null while the snapshot is written. */
  readonly chunkCount: number | null;
}

export function createSnapshotStore(chunkBytes: number): SnapshotStore {
  const chunks: Chunk[] = [];
  let piece = new Uint8Array(0);
  let used = 0;
  let written = 0;
  let end: { readonly error: unknown } | 'finished' | null = null;
  let signal = createSignal();

  const changed = () => {
    const previous = signal;
    signal = createSignal();
    previous.resolve();
  };
  const flush = (chunk: Chunk) => {
    if (used === 0) return;
    chunk.pieces.push(piece.subarray(0, used));
    piece = piece.subarray(used);
    used = 0;
    changed();
  };
  const reserve = (chunk: Chunk, bytes: number) => {
    if (used + bytes <= piece.byteLength) return;
    flush(chunk);
    if (piece.byteLength < bytes) piece = new Uint8Array(Math.max(PIECE_BYTES, bytes));
  };
  const closeChunk = (chunk: Chunk) => {
    reserve(chunk, 1);
    piece[used++] = CLOSE;
    flush(chunk);
    chunk.isClosed = true;
    changed();
  };

  async function* read(chunk: Chunk): AsyncGenerator<Uint8Array> {
    for (let index = 0; ; index += 1) {
      while (index >= chunk.pieces.length && !chunk.isClosed && (end === null || end === 'finished')) {
        await signal.promise;
      }
      if (end !== null && end !== 'finished') throw end.error;
      const next = chunk.pieces[index];
      if (next === undefined) return;
      yield next;
    }
  }

  return {
    get chunkCount() {
      return end === 'finished' ? chunks.length : null;
    },
    add(json) {
      const length = json[json.byteLength - 1] === NEWLINE ? json.byteLength - 1 : json.byteLength;
      let chunk = chunks.at(-1);
      const isFirst = chunk === undefined || chunk.isClosed;
      if (chunk === undefined || chunk.isClosed) {
        chunk = { pieces: [], isClosed: false };
        chunks.push(chunk);
        written = 0;
        changed();
      }
      reserve(chunk, length + 1);
      piece[used++] = isFirst ? OPEN : COMMA;
      piece.set(length === json.byteLength ? json : json.subarray(0, length), used);
      used += length;
      written += length;
      if (written >= chunkBytes) closeChunk(chunk);
    },
    finish() {
      const chunk = chunks.at(-1);
      if (chunk !== undefined && !chunk.isClosed) closeChunk(chunk);
      end ??= 'finished';
      changed();
    },
    fail(error) {
      end ??= { error };
      changed();
    },
    async open(index) {
      while (chunks[index] === undefined && end === null) await signal.promise;
      if (end !== null && end !== 'finished') throw end.error;
      const chunk = chunks[index];
      return chunk === undefined ? null : read(chunk);
    },
  };
}

function createSignal() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
