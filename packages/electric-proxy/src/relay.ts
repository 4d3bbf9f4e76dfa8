import type { Socket } from 'node:net';
import type { CatalogueState, ElectricCall } from './intercept.ts';
import type { Session } from './session.ts';
import { type ErrorFields, encodeError } from './wire/backend.ts';
import { createFrameReader, FrameError } from './wire/frames.ts';

export interface RelayOptions {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly session: Session;
  /** What the client sent beyond its handshake. */
  readonly early: Buffer;
  /** How long Postgres may go on answering a client that is gone. */
  readonly drainMs: number;
  /** Ends the session when aborted. */
  readonly stop: AbortSignal;
  /** Cancels what Postgres runs. */
  cancel(): Promise<void>;
  ensureCatalogue(): Promise<CatalogueState>;
  onElectric(call: ElectricCall): void;
}

/** Carries messages both ways until both sides are closed. Resolves with why it ended; never rejects. */
export function relay(options: RelayOptions): Promise<string> {
  const { client, upstream, drainMs, stop } = options;
  let why: string | null = null;
  let drain: NodeJS.Timeout | undefined;
  const fromServer = pumpServer(options);

  /** From here on nothing is sent to the client; Postgres may finish what it was sent. */
  const end = (reason: string, farewell: ErrorFields | null) => {
    if (why !== null) return;
    why = reason;
    // An error in the middle of another message would only be taken for a part of it.
    if (farewell !== null && fromServer.isBetweenMessages() && client.writable)
      client.write(encodeError(farewell));
    if (farewell !== null) endClient(client, drainMs);
    upstream.end();
    upstream.resume();
    drain = setTimeout(() => upstream.destroy(), drainMs);
  };

  pumpClient(options, (error) =>
    end(error.message, { severity: 'FATAL', code: '08P01', message: error.message }),
  );
  // A client's end is passed on as an end, so that the answers to its last messages still reach it.
  client.on('end', () => upstream.end());
  if (client.readableEnded) upstream.end();
  client.on('close', () => end('the client left', null));
  upstream.on('error', () => undefined);
  upstream.on('close', () => {
    clearTimeout(drain);
    const isExpected = fromServer.isFarewellSaid() || client.readableEnded || options.session.hasTerminated();
    end('Postgres closed the connection', isExpected ? null : CONNECTION_LOST);
    clearTimeout(drain);
    endClient(client, drainMs);
  });
  const onStop = () => {
    end('the proxy stopped', SHUTTING_DOWN);
    // Postgres would only see after a long statement that nobody listens.
    if (!options.session.isIdle()) void options.cancel();
  };
  stop.addEventListener('abort', onStop);

  return new Promise((resolve) => {
    let open = 2;
    const onClose = () => {
      open -= 1;
      if (open > 0) return;
      stop.removeEventListener('abort', onStop);
      resolve(why ?? 'both sides closed');
    };
    for (const socket of [client, upstream]) {
      if (socket.closed) onClose();
      else socket.on('close', onClose);
    }
  });
}

const SHUTTING_DOWN = {
  severity: 'FATAL',
  code: '57P01',
  message: 'the proxy is shutting down',
} as const;

const CONNECTION_LOST = {
  severity: 'FATAL',
  code: '08006',
  message: 'the connection between the proxy and Postgres was lost',
  hint: 'Whether a statement that was under way took effect is not known. Connect again and look.',
} as const;

/** Sends what is still to be sent, and doesn't wait for ever for a client that reads no more. */
export function endClient(client: Socket, graceMs: number): void {
  if (client.destroyed) return;
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
      if (upstream.writable) upstream.write(action.bytes);
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
        if (piece.kind === 'message') {
          if (!sendMessage(piece.bytes)) break;
        } else if (upstream.writable) upstream.write(piece.bytes);
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
          if (client.writable) client.write(piece.bytes);
          continue;
        }
        const { bytes, completed } = session.stepServer(piece.bytes);
        if (client.writable) client.write(bytes);
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
