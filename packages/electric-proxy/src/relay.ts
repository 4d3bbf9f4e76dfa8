import type { Socket } from 'node:net';
import type { CatalogueState, ElectricCall } from './intercept.ts';
import type { Session } from './session.ts';
import { encodeError } from './wire/backend.ts';
import { createFrameReader, FrameError } from './wire/frames.ts';

export interface RelayOptions {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly session: Session;
  /** What the client sent beyond its handshake. */
  readonly early: Buffer;
  /** How long Postgres may go on answering a client that is gone. */
  readonly drainMs: number;
  ensureCatalogue(): Promise<CatalogueState>;
  onElectric(call: ElectricCall): void;
}

/** Carries messages both ways until both sides are closed. Resolves with why it ended; never rejects. */
export function relay(options: RelayOptions): Promise<string> {
  const { client, upstream } = options;
  let why: string | null = null;
  const because = (reason: string) => {
    why ??= reason;
  };
  const fromServer = pumpServer(options);
  pumpClient(options, (error) => {
    because(error.message);
    client.end(encodeError({ severity: 'FATAL', code: '08P01', message: error.message }));
    upstream.destroy();
  });

  // The client's end is passed on as an end, so that answers to its last messages still reach it.
  const onClientEnd = () => {
    because('the client ended');
    upstream.end();
  };
  client.on('end', onClientEnd);
  // It may have ended while Postgres was logged in to.
  if (client.readableEnded) onClientEnd();
  client.on('error', (error) => because(error.message));
  let drain: NodeJS.Timeout | undefined;
  client.on('close', () => {
    because('the client ended');
    upstream.end();
    // What is left in the answer is read and dropped: a reset could cut what the client has sent.
    upstream.resume();
    drain = setTimeout(() => upstream.destroy(), options.drainMs);
  });
  upstream.on('error', (error) => because(error.message));
  upstream.on('close', () => {
    clearTimeout(drain);
    if (client.destroyed) return;
    if (why === null && !fromServer.isFarewellSaid()) {
      because('Postgres closed the connection');
      if (fromServer.isBetweenMessages()) client.write(encodeError(CONNECTION_LOST));
    }
    because('Postgres closed the connection');
    endClient(client, options.drainMs);
  });
  return new Promise((resolve) => {
    let isOpen = 2;
    const onClose = () => {
      isOpen -= 1;
      if (isOpen === 0) resolve(why ?? 'ended');
    };
    for (const socket of [client, upstream]) {
      if (socket.closed) onClose();
      else socket.on('close', onClose);
    }
  });
}

const CONNECTION_LOST = {
  severity: 'FATAL',
  code: '08006',
  message: 'the connection between the proxy and Postgres was lost',
  hint: 'Whether a statement that was under way took effect is not known. Connect again and look.',
} as const;

/** Sends what is still to be sent, and doesn't wait for ever for a client that reads no more. */
export function endClient(client: Socket, graceMs: number): void {
  client.end();
  client.resume();
  const timer = setTimeout(() => client.destroy(), graceMs);
  client.once('close', () => clearTimeout(timer));
}

function pumpClient(options: RelayOptions, onFrameError: (error: FrameError) => void): void {
  const { client, upstream, session } = options;
  const reader = createFrameReader((type, length) => session.clientFate(type, length));
  const gate = createGate(client, upstream);
  let isInstalling = false;

  const sendMessage = (message: Buffer): boolean => {
    const action = session.stepClient(message);
    if (action.kind === 'send') {
      upstream.write(action.bytes);
      return true;
    }
    isInstalling = true;
    gate.close();
    void options.ensureCatalogue().then((state) => {
      isInstalling = false;
      session.setCatalogue(state);
      sendMessage(message);
      flow();
      gate.open();
    });
    return false;
  };
  const flow = () => {
    upstream.cork();
    try {
      for (let piece = reader.next(); piece !== null; piece = reader.next()) {
        if (piece.kind === 'bytes') upstream.write(piece.bytes);
        else if (!sendMessage(piece.bytes)) break;
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      client.pause();
      onFrameError(error);
    } finally {
      upstream.uncork();
    }
    gate.check();
  };
  const onData = (chunk: Buffer) => {
    reader.push(chunk);
    if (!isInstalling) flow();
  };
  if (options.early.length > 0) onData(options.early);
  client.on('data', onData);
  gate.check();
}

interface ServerPump {
  /** Postgres's last message was an error: it has said itself why it goes. */
  isFarewellSaid(): boolean;
  isBetweenMessages(): boolean;
}

function pumpServer({ client, upstream, session, onElectric }: RelayOptions): ServerPump {
  let lastType = 0;
  const reader = createFrameReader((type) => {
    lastType = type;
    return session.serverFate(type);
  });
  const gate = createGate(upstream, client);
  upstream.on('data', (chunk: Buffer) => {
    reader.push(chunk);
    client.cork();
    try {
      for (let piece = reader.next(); piece !== null; piece = reader.next()) {
        if (piece.kind === 'bytes') {
          client.write(piece.bytes);
          continue;
        }
        const { bytes, completed } = session.stepServer(piece.bytes);
        client.write(bytes);
        if (completed !== null) onElectric(completed);
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      upstream.destroy(error);
    } finally {
      client.uncork();
    }
    gate.check();
  });
  gate.check();
  return { isFarewellSaid: () => lastType === ERROR, isBetweenMessages: () => reader.isBetweenMessages() };
}

const ERROR = 'E'.charCodeAt(0);

interface Gate {
  /** Stops the source for another reason than a full sink. */
  close(): void;
  open(): void;
  /** Lets the source flow as far as the sink and the gate allow. */
  check(): void;
}

/** Back-pressure: the source waits while the sink is full. A sink that is gone takes everything. */
function createGate(source: Socket, sink: Socket): Gate {
  let isClosed = false;
  const check = () => {
    if (isClosed || (sink.writableNeedDrain && !sink.destroyed)) source.pause();
    else source.resume();
  };
  sink.on('drain', check);
  return {
    close() {
      isClosed = true;
      check();
    },
    open() {
      isClosed = false;
      check();
    },
    check,
  };
}
