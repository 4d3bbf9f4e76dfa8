import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createUpkeep } from './upkeep.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function makeUpkeep() {
  const ran: string[] = [];
  const upkeep = createUpkeep({
    exec: async (sql) => {
      ran.push(sql);
      return [];
    },
  });
  return { ran, upkeep };
}

it('cuts the log once after many rows, when it has become quiet', async () => {
  const { ran, upkeep } = makeUpkeep();
  upkeep.note(5_000, true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ran).toEqual([]);
  upkeep.note(0, false);
  await vi.advanceTimersByTimeAsync(1_000);
  upkeep.note(1, true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ran).toEqual([]);
  upkeep.note(0, false);
  upkeep.note(0, false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ran).toEqual(['CHECKPOINT']);
  upkeep.note(100, false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ran).toEqual(['CHECKPOINT']);
});

it('cuts it also when live changes never pause', async () => {
  const { ran, upkeep } = makeUpkeep();
  for (let count = 0; count < 300; count += 1) {
    upkeep.note(10, false);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(ran).toEqual(['CHECKPOINT']);
});

it('touches nothing after it was stopped', async () => {
  const { ran, upkeep } = makeUpkeep();
  upkeep.note(5_000, false);
  await upkeep.stop();
  upkeep.note(5_000, false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ran).toEqual([]);
});
