import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const STOP_TIMEOUT_MS = 10_000;
const STOP_POLL_MS = 50;

/**
 * Stops the Postgres that still runs on this data directory, if any: one of a run that was killed.
 * True when there was one.
 */
export async function stopLeftover(dataDir: string): Promise<boolean> {
  const pid = await readPid(dataDir);
  if (pid === null || !isRunning(pid)) return false;
  process.kill(pid, 'SIGINT'); // Postgres's "fast" shutdown.
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (isRunning(pid) && Date.now() < deadline) await delay(STOP_POLL_MS);
  return true;
}

async function readPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const [pid, directory] = text.split('\n');
  // The file names its directory: a copied data directory must not stop the original's server.
  return directory === dataDir ? Number(pid) : null;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
