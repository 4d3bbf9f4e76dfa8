import { LockstepError } from '@lockstep/protocol';
import { describe, expect, it, vi } from 'vitest';
import { migrationFact } from '../testing/server/facts.ts';
import { createAppliedState } from './applied.ts';

/** A database whose history a test writes. */
function history() {
  const migrations = [migrationFact(0, [])];
  const asked = { marks: 0, lists: 0 };
  let isAway = false;
  const orAway = <T>(value: T): Promise<T> =>
    isAway
      ? Promise.reject(new LockstepError('POSTGRES_UNREACHABLE', { message: 'Away.', remedy: 'Wait.' }))
      : Promise.resolve(value);
  return {
    asked,
    deploy: (index: number) => migrations.push(migrationFact(index, [])),
    leave: (away: boolean) => {
      isAway = away;
    },
    source: {
      mark: () => {
        asked.marks += 1;
        return orAway(`${migrations.length}`);
      },
      migrations: () => {
        asked.lists += 1;
        return orAway([...migrations]);
      },
    },
  };
}

describe('createAppliedState', () => {
  it('A1: announces what another process applied, once what it has is stale', async () => {
    const database = history();
    let now = 0;
    const state = createAppliedState({ source: database.source, staleMs: 1_000, now: () => now });
    expect((await state.current()).version?.tag).toBe('0000_step');
    database.deploy(1);
    now = 999;
    expect((await state.current()).version?.tag).toBe('0000_step');
    now = 1_000;
    expect((await state.current()).version?.tag).toBe('0001_step');
  });

  it('asks once for many who ask at the same time, and reads the entries only when the mark moved', async () => {
    const database = history();
    const state = createAppliedState({ source: database.source, staleMs: 0 });
    await Promise.all(Array.from({ length: 50 }, () => state.current()));
    await state.current();
    expect(database.asked).toEqual({ marks: 2, lists: 1 });
  });

  it('wakes who waits for another version', async () => {
    const database = history();
    const state = createAppliedState({ source: database.source, watchMs: 5 });
    const { version } = await state.current();
    const woken = vi.fn<() => void>();
    const waiting = state.whenOtherThan(version, new AbortController().signal).then(woken);
    await vi.waitFor(() => expect(database.asked.marks).toBeGreaterThan(2));
    expect(woken).not.toHaveBeenCalled();
    database.deploy(1);
    await waiting;
  });

  it('does not wake who heard from another server of a version that is new here, until it is there too', async () => {
    const database = history();
    const state = createAppliedState({ source: database.source, staleMs: 60_000, watchMs: 60_000 });
    await state.current();
    database.deploy(1);
    const { tag, index, chain } = migrationFact(1, []);
    const leaving = new AbortController();
    const waiting = state.whenOtherThan({ tag, index, chain }, leaving.signal);
    await vi.waitFor(() => expect(state.lastKnown()?.version?.tag).toBe('0001_step'));
    const first = await Promise.race([waiting.then(() => 'woken'), Promise.resolve('waiting')]);
    expect(first).toBe('waiting');
    leaving.abort();
    await waiting;
  });

  it('stops asking when nobody waits', async () => {
    const database = history();
    const state = createAppliedState({ source: database.source, watchMs: 1 });
    const { version } = await state.current();
    const leaving = new AbortController();
    const waiting = state.whenOtherThan(version, leaving.signal);
    await vi.waitFor(() => expect(database.asked.marks).toBeGreaterThan(1));
    leaving.abort();
    await waiting;
    vi.useFakeTimers();
    try {
      const { marks } = database.asked;
      await vi.advanceTimersByTimeAsync(1_000);
      expect(database.asked.marks - marks).toBeLessThanOrEqual(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says that the database is away, and recovers by itself', async () => {
    const database = history();
    const state = createAppliedState({ source: database.source, staleMs: 0, watchMs: 1 });
    const { version } = await state.current();
    const waiting = state.whenOtherThan(version, new AbortController().signal);
    database.leave(true);
    await expect(state.current()).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    expect(state.lastKnown()?.version).toEqual(version);
    database.deploy(1);
    database.leave(false);
    await waiting;
    expect((await state.current()).version?.tag).toBe('0001_step');
  });
});
