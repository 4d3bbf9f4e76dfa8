import { connect, createServer, type Socket } from 'node:net';

/** Stands between a runner and Postgres, and counts the runner's protocol messages. */
export interface Relay {
  /** Where the runner connects. */
  readonly url: string;
  /** Messages since `watch`. */
  readonly messages: number;
  /** Counts from 0 again, and calls `act` when message `at` came: before it is handed on, or behind that. */
  watch(at: number | null, moment: 'before' | 'after', act: () => void): void;
  close(): Promise<void>;
}

const LENGTH_BYTES = 4;

export async function startRelay(upstreamUrl: string): Promise<Relay> {
  const upstream = new URL(upstreamUrl);
  let messages = 0;
  let watched: { at: number | null; moment: 'before' | 'after'; act: () => void } | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((runner) => {
    const postgres = connect(Number(upstream.port), upstream.hostname);
    for (const [one, other] of [
      [runner, postgres],
      [postgres, runner],
    ] as const) {
      sockets.add(one);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('error', () => undefined);
    }
    postgres.on('data', (data) => runner.write(data));
    const read = createMessageReader();
    runner.on('data', (data) => {
      for (const message of read(data)) {
        const isIt = watched !== null && messages === watched.at;
        messages += 1;
        if (isIt && watched?.moment === 'before') {
          watched.act();
          return;
        }
        postgres.write(message);
        if (isIt) watched?.act();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(upstreamUrl);
  url.hostname = '127.0.0.1';
  url.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: url.href,
    get messages() {
      return messages;
    },
    watch(at, moment, act) {
      messages = 0;
      watched = { at, moment, act };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Cuts what a client sends into messages: the first has no type. */
function createMessageReader(): (data: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0);
  let isFirst = true;
  return (data) => {
    rest = Buffer.concat([rest, data]);
    const messages: Buffer[] = [];
    for (;;) {
      const head = isFirst ? 0 : 1;
      if (rest.length < head + LENGTH_BYTES) return messages;
      const length = head + rest.readUInt32BE(head);
      if (rest.length < length) return messages;
      messages.push(rest.subarray(0, length));
      rest = rest.subarray(length);
      isFirst = false;
    }
  };
}
