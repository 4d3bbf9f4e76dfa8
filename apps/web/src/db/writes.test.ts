import { LockstepError, toProblem } from '@lockstep/protocol';
import { describe, expect, test } from 'vitest';
import { readOutcome, sendWrites } from './writes.ts';

const problem = (code: ConstructorParameters<typeof LockstepError>[0], details = {}) => {
  const body = toProblem(
    new LockstepError(code, { message: 'What happened.', remedy: 'What to do.', details }),
  );
  return readOutcome(body.status, body);
};

describe('what an answer to a write means', () => {
  test('saved, with the transaction', () => {
    expect(readOutcome(200, { data: { txid: 12 } })).toEqual({ kind: 'saved', txid: 12 });
  });

  test('offline: no network, no Postgres, or something between here and the API', async () => {
    const fetch = () => Promise.reject(new TypeError('Failed to fetch'));
    const context = { token: 'token', version: '0001_one', fetch };
    expect(await sendWrites(context, [])).toEqual({ kind: 'offline' });
    expect(problem('POSTGRES_UNREACHABLE')).toEqual({ kind: 'offline' });
    expect(readOutcome(502, null)).toEqual({ kind: 'offline' });
    expect(readOutcome(500, { message: 'a proxy’s page' })).toEqual({ kind: 'offline' });
  });

  test('the page is too old', () => {
    expect(problem('CLIENT_TOO_OLD')).toEqual({ kind: 'too-old' });
  });

  test('invalid, in the validator’s words for the column', () => {
    const issues = [{ column: 'title', message: 'A title is needed.' }];
    expect(problem('REQUEST_INVALID', { issues })).toEqual({
      kind: 'invalid',
      message: 'A title is needed.',
    });
    expect(problem('REQUEST_INVALID')).toEqual({ kind: 'invalid', message: 'What happened.' });
  });

  test('refused, with the reason', () => {
    expect(problem('FORBIDDEN')).toEqual({ kind: 'refused', code: 'FORBIDDEN', message: 'What happened.' });
    expect(problem('NOT_MIGRATED')).toMatchObject({ kind: 'refused', code: 'NOT_MIGRATED' });
  });
});
