import { timingSafeEqual } from 'node:crypto';
import { hmac, type ScramVerifier, sha256 } from './verifier.ts';

export const SCRAM_MECHANISM = 'SCRAM-SHA-256';

/** What the client's first message says, when it is well formed. */
export interface ScramFirst {
  /** The header of RFC 5801, which the last message must repeat. */
  readonly header: string;
  readonly bare: string;
  readonly nonce: string;
}

export type ScramOutcome =
  | { readonly kind: 'proven'; readonly serverFinal: string }
  | { readonly kind: 'wrong-password' }
  | { readonly kind: 'malformed'; readonly why: string };

const FIRST = /^((?:n|y),,)(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?)$/s;
const FINAL = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[a-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/s;

/** Reads `client-first-message`. Null for channel binding (never offered here), another identity, or nonsense. */
export function parseScramFirst(message: string): ScramFirst | null {
  const match = FIRST.exec(message);
  const [, header, bare, nonce] = match ?? [];
  if (header === undefined || bare === undefined || nonce === undefined) return null;
  return { header, bare, nonce };
}

/** `server-first-message`. `serverNonce` is fresh for every exchange. */
export function formatServerFirst(verifier: ScramVerifier, first: ScramFirst, serverNonce: string): string {
  return `r=${first.nonce}${serverNonce},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`;
}

/** Checks the proof in `client-final-message`, in constant time. */
export function checkScramFinal(
  verifier: ScramVerifier,
  first: ScramFirst,
  serverNonce: string,
  message: string,
): ScramOutcome {
  const [, withoutProof, binding, nonce, proofText] = FINAL.exec(message) ?? [];
  if (withoutProof === undefined || binding === undefined || proofText === undefined) {
    return { kind: 'malformed', why: 'malformed SCRAM message' };
  }
  if (nonce !== first.nonce + serverNonce) return { kind: 'malformed', why: 'SCRAM nonce does not match' };
  if (Buffer.from(binding, 'base64').toString('latin1') !== first.header) {
    return { kind: 'malformed', why: 'unexpected SCRAM channel-binding attribute' };
  }
  const authMessage = `${first.bare},${formatServerFirst(verifier, first, serverNonce)},${withoutProof}`;
  const signature = hmac(verifier.storedKey, authMessage);
  const proof = Buffer.from(proofText, 'base64');
  if (proof.length !== signature.length) return { kind: 'malformed', why: 'malformed SCRAM proof' };
  const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
  if (!timingSafeEqual(sha256(clientKey), verifier.storedKey)) return { kind: 'wrong-password' };
  return { kind: 'proven', serverFinal: `v=${hmac(verifier.serverKey, authMessage).toString('base64')}` };
}
