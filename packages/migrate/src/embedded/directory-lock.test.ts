import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../run/clock.ts';
import { lockDirectory } from './directory-lock.ts';

let root: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-lock-'));
  file = `${root}.lock`;
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(file, { force: true });
});

/** A clock that takes no time; `onSleep` is what happens meanwhile. */
function quickClock(onSleep: () => void = () => undefined): Clock {
  let now = 0;
  return {
    now: () => now,
    random: () => 0.5,
    sleep: async (ms) => {
      now += ms;
      onSleep();
    },
  };
}

const elsewhere = { pid: 7, startedAt: '1', realm: 'another container', program: 'app.js', nonce: 'x' };

describe('C4: one process to a directory', () => {
  it('a second opener is told who holds it; after the release it gets in, and nothing is left', async () => {
    const lock = await lockDirectory(root, { clock: systemClock });
    await expect(lockDirectory(root, { clock: systemClock })).rejects.toMatchObject({
      code: 'EMBEDDED_LOCKED',
      details: { pid: process.pid },
    });
    const waiting = lockDirectory(root, { clock: systemClock, waitMs: 10_000 });
    await lock.release();
    await (await waiting).release();
    expect(
      readdirSync(join(root, '..')).filter((name) => name.startsWith(`${root.split('/').at(-1)}.`)),
    ).toEqual([]);
  });

  it('a process of another container that gives signs of life holds it', async () => {
    writeFileSync(file, JSON.stringify(elsewhere));
    let beat = 0;
    const clock = quickClock(() => utimesSync(file, ++beat, beat));
    await expect(lockDirectory(root, { clock })).rejects.toMatchObject({
      code: 'EMBEDDED_LOCKED',
      details: { pid: 7, program: 'app.js' },
    });
  });

  it('a process of another container that is gone does not', async () => {
    writeFileSync(file, JSON.stringify(elsewhere));
    const lock = await lockDirectory(root, { clock: quickClock() });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
  });

  it('of many that find the same dead holder one gets it', async () => {
    writeFileSync(file, JSON.stringify(elsewhere));
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, () => lockDirectory(root, { clock: quickClock() })),
    );
    const got = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(got).toHaveLength(1);
    await got[0]?.release();
  });
});
