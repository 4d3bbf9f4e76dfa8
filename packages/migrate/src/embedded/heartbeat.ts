import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../run/clock.ts';

const BEAT_MS = 1000;
/** A file that isn't touched for this long has nobody. */
const WATCH_MS = 5 * BEAT_MS;

const BEATING = `
  const { workerData } = require('node:worker_threads');
  const { utimesSync } = require('node:fs');
  setInterval(() => {
    const now = new Date();
    try { utimesSync(workerData.path, now, now); } catch {}
  }, workerData.beatMs);
`;

/**
 * Touches a file for as long as this process lives, from a thread of its own: PGlite runs a long statement on the main
 * thread, where no timer fires meanwhile. Keeps no process alive. Answers what stops it.
 */
export function startHeartbeat(path: string): () => Promise<void> {
  const worker = new Worker(BEATING, { eval: true, workerData: { path, beatMs: BEAT_MS } });
  worker.unref();
  worker.on('error', () => undefined);
  return async () => void (await worker.terminate());
}

/** Watches for some seconds whether anybody touches the file. No two clocks are compared. */
export async function isBeating(path: string, clock: Clock): Promise<boolean> {
  const first = await modifiedAt(path);
  const deadline = clock.now() + WATCH_MS;
  while (clock.now() < deadline) {
    await clock.sleep(BEAT_MS / 4);
    if ((await modifiedAt(path)) !== first) return true;
  }
  return false;
}

async function modifiedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.NaN,
  );
}
