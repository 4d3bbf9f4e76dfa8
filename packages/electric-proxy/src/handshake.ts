import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { checkScramFinal, formatServerFirst, parseScramFirst, SCRAM_MECHANISM } from './auth/scram.ts';
import type { ScramVerifier } from './auth/verifier.ts';
import {
  type ErrorFields,
  encodeAuthenticationSasl,
  encodeAuthenticationSaslContinue,
  encodeAuthenticationSaslFinal,
  encodeNegotiateProtocolVersion,
} from './wire/backend.ts';
import type { ByteReader } from './wire/bytes.ts';
import { parseStartupPacket, type StartupPacket } from './wire/startup.ts';

/** A client that gets no session, and what it is told. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly fields: ErrorFields;
  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.fields = { severity: 'FATAL', code, message, hint };
  }
}

export type Startup = Extract<StartupPacket, { kind: 'startup' }>;
export type Opening = Startup | Extract<StartupPacket, { kind: 'cancel' }>;

/** Reads packets up to the one that says what the client wants. Encryption is declined. Throws `Refusal`. */
export async function readOpening(reader: ByteReader, socket: Socket, bytesMax: number): Promise<Opening> {
  // A client may ask for either encryption once.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const packet = parseStartupPacket(await readPacket(reader, bytesMax));
    if (packet.kind === 'cancel') return packet;
    if (packet.kind === 'unsupported') {
      throw new Refusal(
        '0A000',
        `unsupported frontend protocol ${packet.majorVersion}: the proxy speaks 3.0`,
      );
    }
    if (packet.kind === 'startup') {
      if (packet.user === '') throw new Refusal('28000', 'no user name in the start-up packet');
      if (packet.minorVersion > 0 || packet.extensions.length > 0) {
        socket.write(encodeNegotiateProtocolVersion(packet.extensions));
      }
      return packet;
    }
    socket.write('N');
  }
  throw new Refusal('08P01', 'too many encryption requests');
}

/** Has the client prove the password. Throws `Refusal`. */
export async function authenticate(
  reader: ByteReader,
  socket: Socket,
  verifier: ScramVerifier,
  user: string,
  bytesMax: number,
): Promise<void> {
  socket.write(encodeAuthenticationSasl(SCRAM_MECHANISM));
  const first = parseScramFirst(parseInitialResponse(await readPassword(reader, bytesMax)));
  if (first === null) throw new Refusal('08P01', 'malformed SCRAM message');
  const serverNonce = randomBytes(18).toString('base64');
  socket.write(encodeAuthenticationSaslContinue(formatServerFirst(verifier, first, serverNonce)));
  const final = (await readPassword(reader, bytesMax)).toString('utf8');
  const outcome = checkScramFinal(verifier, first, serverNonce, final);
  if (outcome.kind === 'malformed') throw new Refusal('08P01', outcome.why);
  if (outcome.kind === 'wrong-password') {
    throw new Refusal(
      '28P01',
      `password authentication failed for user "${user}"`,
      "The proxy has a password of its own, PG_PROXY_PASSWORD where it was started; it is not the database user's.",
    );
  }
  socket.write(encodeAuthenticationSaslFinal(outcome.serverFinal));
}

async function readPacket(reader: ByteReader, bytesMax: number): Promise<Buffer> {
  const length = (await reader.take(4)).readUInt32BE(0);
  if (length < 8 || length > bytesMax) throw new Refusal('08P01', 'invalid length of startup packet');
  return reader.take(length - 4);
}

async function readPassword(reader: ByteReader, bytesMax: number): Promise<Buffer> {
  const header = await reader.take(5);
  const length = header.readUInt32BE(1);
  if (header[0] !== PASSWORD || length < 4 || length > bytesMax) {
    throw new Refusal('08P01', 'expected a SASL response');
  }
  return reader.take(length - 4);
}

const PASSWORD = 'p'.charCodeAt(0);

/** The mechanism's name, then the length of what follows it. */
function parseInitialResponse(content: Buffer): string {
  const nameEnd = content.indexOf(0);
  if (nameEnd === -1 || content.toString('latin1', 0, nameEnd) !== SCRAM_MECHANISM) {
    throw new Refusal('08P01', `the proxy offers ${SCRAM_MECHANISM} only`);
  }
  return content.toString('utf8', nameEnd + 5);
}
