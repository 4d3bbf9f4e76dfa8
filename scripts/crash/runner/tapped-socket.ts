import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Boundaries } from './boundaries.ts';

const QUERY = 'Q';
const PARSE = 'P';
const READY = 'Z';
const HEADER_BYTES = 5;

export interface TapHooks {
  readonly boundaries: Boundaries;
  /** Asked before a simple query is sent; may see to it that the server dies in the middle of it as well. */
  readonly beforeQuery: (sql: string) => Promise<(() => Promise<never>) | null>;
}

/**
 * A socket for node-postgres that is cut into protocol messages: each passes a boundary before it is sent, one when it
 * is in the kernel's hands, and one when its answer has come and nobody here has seen it.
 */
export class TappedSocket extends Duplex {
  readonly #socket = new Socket();
  readonly #hooks: TapHooks;
  #isStarted = false;
  #sql = '';
  #received: Buffer = Buffer.alloc(0);

  constructor(hooks: TapHooks) {
    super();
    this.#hooks = hooks;
    this.#socket.on('connect', () => this.emit('connect'));
    this.#socket.on('error', (error) => this.destroy(error));
    this.#socket.on('end', () => this.push(null));
    this.#socket.on('close', () => this.destroy());
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  connect(port: number, host: string): this {
    this.#socket.connect(port, host);
    return this;
  }

  setNoDelay(isSet: boolean): this {
    this.#socket.setNoDelay(isSet);
    return this;
  }

  setKeepAlive(isSet: boolean, delayMs: number): this {
    this.#socket.setKeepAlive(isSet, delayMs);
    return this;
  }

  override _read(): void {
    // Whatever arrives is pushed.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // oxlint-disable-next-line promise/no-callback-in-promise -- a stream's own contract
    this.#send(chunk).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  async #send(chunk: Buffer): Promise<void> {
    const { boundaries, beforeQuery } = this.#hooks;
    for (const message of this.#split(chunk)) {
      const type = this.#isStarted ? String.fromCharCode(message[0] ?? 0) : 'startup';
      this.#isStarted = true;
      if (type === QUERY) this.#sql = textAt(message, HEADER_BYTES);
      // The statement's name comes first, and is empty here.
      if (type === PARSE) this.#sql = textAt(message, HEADER_BYTES + 1);
      const what = `${type} ${this.#sql}`;
      const dieTogether = type === QUERY ? await beforeQuery(this.#sql) : null;
      // The server's last words must not be heard: nobody is there any more.
      if (dieTogether !== null) this.#socket.pause();
      boundaries.reach('before', what);
      await this.#pass(message);
      await dieTogether?.();
      boundaries.reach('sent', what);
    }
  }

  /** node-postgres writes whole messages; the first has no type. */
  #split(chunk: Buffer): readonly Buffer[] {
    if (!this.#isStarted) return [chunk];
    const messages: Buffer[] = [];
    for (let start = 0; start < chunk.length; ) {
      const end = start + 1 + chunk.readInt32BE(start + 1);
      messages.push(chunk.subarray(start, end));
      start = end;
    }
    return messages;
  }

  #pass(message: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(message, (error) => (error ? reject(error) : resolve()));
    });
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    let start = 0;
    while (this.#received.length >= start + HEADER_BYTES) {
      const end = start + 1 + this.#received.readInt32BE(start + 1);
      if (this.#received.length < end) break;
      if (String.fromCharCode(this.#received[start] ?? 0) === READY) {
        this.#hooks.boundaries.reach('answered', this.#sql);
      }
      start = end;
    }
    const whole = this.#received.subarray(0, start);
    this.#received = this.#received.subarray(start);
    if (whole.length > 0) this.push(Buffer.from(whole));
  }
}

function textAt(message: Buffer, start: number): string {
  return message.subarray(start, message.indexOf(0, start)).toString('utf8');
}
