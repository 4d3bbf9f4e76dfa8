import { createHmac, pbkdf2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkScramFinal, formatServerFirst, parseScramFirst, type ScramFirst } from './scram.ts';
import { createScramVerifier, hmac, type ScramVerifier, sha256 } from './verifier.ts';

const FIRST = 'n,,n=*,r=clientnonce';
const NONCE = 'servernonce';

function first(): ScramFirst {
  const parsed = parseScramFirst(FIRST);
  if (parsed === null) throw new Error('not parsed');
  return parsed;
}

/** The client's side, as RFC 5802 has it. */
function finalMessage(
  verifier: ScramVerifier,
  password: string,
  binding = 'biws',
  nonce = `clientnonce${NONCE}`,
): string {
  const salted = pbkdf2Sync(password, verifier.salt, verifier.iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const withoutProof = `c=${binding},r=${nonce}`;
  const authMessage = `n=*,r=clientnonce,${formatServerFirst(verifier, first(), NONCE)},${withoutProof}`;
  const signature = hmac(sha256(clientKey), authMessage);
  return `${withoutProof},p=${Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString('base64')}`;
}

test('the right password is proven, a wrong one is not', async () => {
  const verifier = await createScramVerifier('secret');
  expect(checkScramFinal(verifier, first(), NONCE, finalMessage(verifier, 'secret'))).toMatchObject({
    kind: 'proven',
  });
  expect(checkScramFinal(verifier, first(), NONCE, finalMessage(verifier, 'Secret'))).toEqual({
    kind: 'wrong-password',
  });
});

test('a proof for another nonce, another binding or none at all is malformed', async () => {
  const verifier = await createScramVerifier('secret');
  const check = (message: string) => checkScramFinal(verifier, first(), NONCE, message).kind;
  expect(check(finalMessage(verifier, 'secret', 'biws', 'clientnonceother'))).toBe('malformed');
  expect(check(finalMessage(verifier, 'secret', 'eSws'))).toBe('malformed');
  expect(check('c=biws,r=clientnonceservernonce,p=AAAA')).toBe('malformed');
  expect(check('')).toBe('malformed');
});

test.each([
  '',
  'n,,',
  'p=tls-server-end-point,,n=*,r=x',
  'n,a=other,n=*,r=x',
  'n,,m=ext,n=*,r=x',
  'n,,n=*,r=',
])('as a first message %j is refused', (message) => {
  expect(parseScramFirst(message)).toBeNull();
});

test('two verifiers of one password share nothing', async () => {
  const [one, two] = await Promise.all([createScramVerifier('secret'), createScramVerifier('secret')]);
  expect(one.salt).not.toEqual(two.salt);
  expect(one.storedKey).not.toEqual(two.storedKey);
});
