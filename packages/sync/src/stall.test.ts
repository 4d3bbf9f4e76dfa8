import type { LockstepError } from '@lockstep/protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ChannelMessage } from './channel.ts';
import { type StallWatch, watchForStall } from './stall.ts';

const onStalled = vi.fn<(error: LockstepError) => void>();
let clockMs = 0;
let watch: StallWatch;

const wait = (seconds: number) => {
  for (let second = 0; second < seconds; second += 1) {
    clockMs += 1000;
    vi.advanceTimersByTime(1000);
  }
};
const moving = (step: 'schema' | 'rows'): ChannelMessage => ({
  kind: 'migration',
  state: { kind: 'migrating', from: null, to: '0001_price', progress: 0, table: null, summary: [], step },
});
const idle: ChannelMessage = { kind: 'migration', state: { kind: 'idle', last: null } };

beforeEach(() => {
  vi.useFakeTimers();
  clockMs = 0;
  onStalled.mockClear();
  watch = watchForStall({ stallMs: 10_000, onStalled, now: () => clockMs });
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

it('published failure: a statement that never ends on a device is told, since statement_timeout does not fire there', () => {
  watch.note(idle);
  wait(60);
  watch.note(moving('schema'));
  wait(9);
  expect(onStalled).not.toHaveBeenCalled();
  wait(1);
  expect(onStalled).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ code: 'LOCAL_DATABASE_STALLED', details: { migrating: '0001_price' } }),
  );
  wait(60);
  expect(onStalled).toHaveBeenCalledOnce();
});

it('a database that never opens is told too', () => {
  wait(10);
  expect(onStalled).toHaveBeenCalledOnce();
});

it('each step that ends begins the time anew, and other tabs don’t', () => {
  for (let step = 0; step < 5; step += 1) {
    watch.note(moving('schema'));
    wait(9);
  }
  watch.note({ kind: 'command', id: '1', command: 'wake' });
  wait(1);
  expect(onStalled).toHaveBeenCalledOnce();
});

it('rows that take their time, an end and a failure are no stall', () => {
  watch.note(moving('schema'));
  watch.note(moving('rows'));
  wait(60);
  watch.note({ kind: 'leader' });
  watch.note({ kind: 'open-failed', error: { code: 'LOCAL_MIGRATION_FAILED', message: '', remedy: '' } });
  wait(60);
  expect(onStalled).not.toHaveBeenCalled();
});

it('the time of a page that was frozen does not count', () => {
  watch.note(moving('schema'));
  clockMs += 3_600_000;
  vi.advanceTimersByTime(1000);
  wait(7);
  expect(onStalled).not.toHaveBeenCalled();
});
