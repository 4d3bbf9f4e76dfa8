import type { Socket } from 'node:net';
import type { ScramVerifier } from './auth/verifier.ts';
import type { CancelKeys } from './cancel-keys.ts';
import { authenticate, type Opening, Refusal, readOpening, type Startup } from './handshake.ts';
import { ensureCatalogue } from './install.ts';
import type { ProxyLimits } from './limits.ts';
import type { MutableCounters, ProxyLog } from './log.ts';
import { endClient, relay } from './relay.ts';
import { createSession } from './session.ts';
import { cancelUpstream, connectUpstream, describeUpstreamError, type Upstream } from './upstream.ts';
import { type UpstreamAddress, upstreamDatabase } from './url.ts';
import {
  encodeAuthenticationOk,
  encodeBackendKeyData,
  encodeError,
  encodeParameterStatus,
  encodeReadyForQuery,
} from './wire/backend.ts';
import { createByteReader, HangUp } from './wire/bytes.ts';

/** What all connections of a proxy share. */
export interface ProxyContext {
  readonly address: UpstreamAddress;
  readonly verifier: ScramVerifier;
  readonly streamId: string;
  readonly limits: ProxyLimits;
  readonly keys: CancelKeys;
  readonly counters: MutableCounters;
  readonly log: ProxyLog;
  /** Aborted when the proxy stops. */
  readonly stop: AbortSignal;
}

/** One client from its first byte to its last. Never rejects. */
export async function serveClient(client: Socket, connection: number, context: ProxyContext): Promise<void> {
  const { limits, counters } = context;
  client.setNoDelay(true);
  client.setKeepAlive(true);
  // Errors are seen as the close that follows; without a listener the process would end.
  client.on('error', () => undefined);
  const reader = createByteReader(client, limits.handshakeBytesMax * 2);
  const giveUp = (refusal: Refusal) => {
    refuse(client, connection, context, refusal);
    client.destroySoon();
  };
  const timer = setTimeout(
    () => giveUp(new Refusal('08006', 'the handshake took too long')),
    limits.handshakeMs,
  );
  const onStop = () => giveUp(new Refusal('57P01', 'the proxy is shutting down'));
  context.stop.addEventListener('abort', onStop);
  try {
    if (counters.open > limits.connectionsMax) {
      throw new Refusal(
        '53300',
        `the proxy has ${limits.connectionsMax} clients already`,
        'Raise connectionsMax, or close idle clients.',
      );
    }
    const opening = await readOpening(reader, client, limits.handshakeBytesMax);
    if (opening.kind === 'cancel') return await cancel(client, connection, context, opening);
    await authenticate(reader, client, context.verifier, opening.user, limits.handshakeBytesMax);
    const database = upstreamDatabase(opening.database, context.address);
    const upstream = await logIn(context, opening, database);
    clearTimeout(timer);
    context.stop.removeEventListener('abort', onStop);
    if (client.destroyed) {
      upstream.socket.destroy();
      return;
    }
    await runSession(client, connection, context, {
      upstream,
      database,
      user: opening.user,
      early: reader.release(),
    });
  } catch (error) {
    reader.release();
    // Given up already, and the failure is only what came of that.
    if (client.destroyed || client.writableEnded) return;
    refuse(client, connection, context, error);
    endClient(client, limits.drainMs);
  } finally {
    clearTimeout(timer);
    context.stop.removeEventListener('abort', onStop);
  }
}

async function cancel(
  client: Socket,
  connection: number,
  { address, keys, limits, counters, log }: ProxyContext,
  opening: Extract<Opening, { kind: 'cancel' }>,
): Promise<void> {
  const { processId } = opening;
  const secret = opening.secret.length === 4 ? opening.secret.readInt32BE(0) : 0;
  const isKnown = opening.secret.length === 4 && keys.has(processId, secret);
  log({ kind: 'cancelled', connection, isKnown });
  if (isKnown) {
    counters.cancelled += 1;
    await cancelUpstream({ url: address.url, processId, secret, timeoutMs: limits.handshakeMs });
  }
  // Like Postgres: no answer, and the end says that the request was taken.
  endClient(client, limits.drainMs);
}

async function logIn(
  { address, limits }: ProxyContext,
  startup: Startup,
  database: string,
): Promise<Upstream> {
  try {
    const { parameters } = startup;
    return await connectUpstream({ url: address.url, database, parameters, timeoutMs: limits.handshakeMs });
  } catch (error) {
    const { code, message, hint } = describeUpstreamError(error, `${address.host}:${address.port}`);
    throw new Refusal(code, message, hint);
  }
}

interface OpenSession {
  readonly upstream: Upstream;
  readonly database: string;
  readonly user: string;
  readonly early: Buffer;
}

async function runSession(
  client: Socket,
  connection: number,
  { address, streamId, limits, keys, counters, log, stop }: ProxyContext,
  { upstream, database, user, early }: OpenSession,
): Promise<void> {
  const { processId, secret } = upstream;
  const forgetKey = keys.add(processId, secret);
  counters.sessions += 1;
  log({ kind: 'connected', connection, user, database });
  const session = createSession({
    interceptBytesMax: limits.interceptBytesMax,
    onNotInspected: (bytes) => log({ kind: 'not-inspected', connection, bytes }),
  });
  client.write(
    Buffer.concat([
      encodeAuthenticationOk(),
      ...[...upstream.parameterStatus].map(([name, value]) => encodeParameterStatus(name, value)),
      encodeBackendKeyData(processId, secret),
      encodeReadyForQuery(),
    ]),
  );
  const why = await relay({
    client,
    upstream: upstream.socket,
    session,
    early,
    drainMs: limits.drainMs,
    stop,
    cancel: () => cancelUpstream({ url: address.url, processId, secret, timeoutMs: limits.drainMs }),
    ensureCatalogue: () =>
      ensureCatalogue({ url: address.url, database, streamId, timeoutMs: limits.catalogueMs, log }),
    onElectric: ({ kind, table }) => {
      counters.electric += 1;
      log({ kind: 'electric', connection, statement: kind, table });
    },
  });
  forgetKey();
  counters.sessions -= 1;
  log({ kind: 'disconnected', connection, why });
}

function refuse(client: Socket, connection: number, { counters, log }: ProxyContext, error: unknown): void {
  counters.refused += 1;
  if (error instanceof Refusal) {
    log({ kind: 'refused', connection, code: error.fields.code, why: error.message });
    if (client.writable) client.write(encodeError(error.fields));
  } else if (error instanceof HangUp) {
    log({ kind: 'refused', connection, code: '08006', why: error.message });
  } else {
    log({ kind: 'refused', connection, code: 'XX000', why: error instanceof Error ? error.name : 'unknown' });
  }
}
