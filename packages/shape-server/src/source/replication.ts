import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LSN_ZERO, type Lsn, parseLsn, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import { OUTPUT_SETTINGS, openReplication, type ReplicationConnection } from './connection.ts';
import { createPgoutputDecoder } from './pgoutput.ts';
import type { StreamEvents } from './source.ts';

const RETRY_DELAY_MS_MIN = 100;
const RETRY_DELAY_MS_MAX = 5_000;
const FEEDBACK_INTERVAL_MS = 1_000;

const WAL_DATA = 0x77;
const KEEPALIVE = 0x6b;
const STATUS_UPDATE = 0x72;
/** Postgres counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

export interface ReplicationOptions {
  readonly url: string;
  readonly publication: string;
  /** The temporary slot's name begins with this. */
  readonly slotPrefix: string;
  readonly events: StreamEvents;
  /** Called on each new connection before the slot is made. */
  readonly prepare: () => Promise<void>;
  readonly log: (line: string) => void;
}

export interface Replication {
  /** Settles at the first start of the stream; rejects when the first attempt fails. */
  readonly started: Promise<void>;
  close(): Promise<void>;
}

/** Follows the publication through a temporary slot, and starts anew with a new one whenever the connection is lost. */
export function startReplication(options: ReplicationOptions): Replication {
  const stop = new AbortController();
  const current: { connection: ReplicationConnection | null } = { connection: null };
  let settle: { resolve: () => void; reject: (error: unknown) => void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  const started = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });

  const follow = async (): Promise<void> => {
    await options.prepare();
    const connection = await openReplication(options.url);
    current.connection = connection;
    if (stop.signal.aborted) return connection.close();
    const stream = await openStream(connection, options);
    try {
      settle.resolve();
      options.log(`Following ${options.publication} from ${stream.start}.`);
      const cause = await connection.closed;
      throw cause;
    } finally {
      stream.stop();
    }
  };

  const loop = (async () => {
    let failures = 0;
    let wasStarted = false;
    void started.then(
      () => {
        wasStarted = true;
      },
      () => undefined,
    );
    while (!stop.signal.aborted) {
      const since = Date.now();
      try {
        await follow();
      } catch (error) {
        if (stop.signal.aborted) break;
        await current.connection?.close().catch(() => undefined);
        current.connection = null;
        if (!wasStarted) {
          settle.reject(error);
          return;
        }
        options.events.onLost(error);
        failures = Date.now() - since > RETRY_DELAY_MS_MAX ? 0 : failures + 1;
        const wait = Math.min(RETRY_DELAY_MS_MIN * 2 ** failures, RETRY_DELAY_MS_MAX);
        options.log(`Replication was lost (${describe(error)}); next attempt in ${wait} ms.`);
        await delay(wait, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    }
  })();

  return {
    started,
    async close() {
      stop.abort();
      await current.connection?.close();
      await loop;
    },
  };
}

interface Stream {
  readonly start: string;
  stop(): void;
}

async function openStream(connection: ReplicationConnection, options: ReplicationOptions): Promise<Stream> {
  for (const setting of OUTPUT_SETTINGS) await connection.query(`SET ${setting}`);
  const slot = `${options.slotPrefix}_${randomBytes(4).toString('hex')}`;
  const [created] = await connection.query<{ consistent_point: string }>(
    `CREATE_REPLICATION_SLOT ${quoteIdentifier(slot)} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
  );
  if (created === undefined) throw new Error('Postgres answered nothing to CREATE_REPLICATION_SLOT.');
  const decoder = createPgoutputDecoder();
  let confirmed: Lsn = LSN_ZERO;
  const confirm = () => {
    if (confirmed !== LSN_ZERO) connection.send(encodeStatus(confirmed));
  };
  options.events.onStart(parseLsn(created.consistent_point));
  connection.start(
    `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL 0/0 (proto_version '1', publication_names ${quoteLiteral(quoteIdentifier(options.publication))}, messages 'true')`,
    (data) => {
      if (data[0] === WAL_DATA) {
        const transaction = decoder.push(data.subarray(25));
        if (transaction === null) return;
        confirmed = transaction.lsn;
        options.events.onTransaction(transaction);
      } else if (data[0] === KEEPALIVE) {
        // Outside of a transaction everything below the announced end has been seen: WAL of others can be released.
        if (!decoder.isInTransaction) confirmed = data.readBigUInt64BE(1) as Lsn;
        if (data[17] === 1) confirm();
      }
    },
  );
  const timer = setInterval(confirm, FEEDBACK_INTERVAL_MS);
  return { start: created.consistent_point, stop: () => clearInterval(timer) };
}

function encodeStatus(lsn: Lsn): Buffer {
  const message = Buffer.alloc(34);
  message[0] = STATUS_UPDATE;
  message.writeBigUInt64BE(lsn, 1);
  message.writeBigUInt64BE(lsn, 9);
  message.writeBigUInt64BE(lsn, 17);
  message.writeBigInt64BE(BigInt(Date.now() - POSTGRES_EPOCH_MS) * 1000n, 25);
  return message;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
