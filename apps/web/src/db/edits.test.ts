import { describe, expect, test } from 'vitest';
import { createEditStore, isSameValue } from './edits.ts';
import type { WriteOutcome } from './writes.ts';

const write = (title: string) =>
  [{ operation: 'update', table: 'tasks', key: { id: '1' }, values: { title } }] as const;

describe('an edit on its way', () => {
  test('keeps what was typed when the server can’t be reached, and is sent by a retry', async () => {
    const outcomes: WriteOutcome[] = [{ kind: 'offline' }, { kind: 'saved', txid: 7 }];
    const store = createEditStore(async () => outcomes.shift() as WriteOutcome);
    await store.save('title', write('typed'));
    expect(store.get().get('title')).toMatchObject({
      writes: write('typed'),
      state: { kind: 'failed', failure: { kind: 'offline' } },
    });
    await store.retry('title');
    expect(store.get().get('title')?.state.kind).toBe('sent');
  });

  test('an answer to an earlier edit does not touch a later one of the same place', async () => {
    const answers: ((outcome: WriteOutcome) => void)[] = [];
    const store = createEditStore(() => new Promise((resolve) => answers.push(resolve)));
    const first = store.save('title', write('one'));
    const second = store.save('title', write('two'));
    answers[0]?.({ kind: 'offline' });
    await first;
    expect(store.get().get('title')).toMatchObject({ writes: write('two'), state: { kind: 'saving' } });
    answers[1]?.({ kind: 'saved', txid: 8 });
    await second;
    expect(store.get().get('title')?.state.kind).toBe('sent');
  });

  test('what fails the application’s own check stays beside the field and is not sent', () => {
    let sent = 0;
    const store = createEditStore(async () => {
      sent += 1;
      return { kind: 'offline' };
    });
    store.reject('title', write(''), 'A title is needed.');
    expect(sent).toBe(0);
    expect(store.get().get('title')?.state).toEqual({
      kind: 'failed',
      failure: { kind: 'invalid', message: 'A title is needed.' },
    });
    store.drop('title');
    expect(store.get().size).toBe(0);
  });
});

describe('a row shows an edit', () => {
  test.each([
    [5, 5, true],
    [5, '5', true],
    [new Date('2026-11-20T10:00:00.000Z'), '2026-11-20T11:00:00+01:00', true],
    [null, null, true],
    [null, '', false],
    ['', null, false],
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    ['one', 'two', false],
  ])('%j for %j: %s', (live, wanted, isSame) => {
    expect(isSameValue(live, wanted)).toBe(isSame);
  });
});
