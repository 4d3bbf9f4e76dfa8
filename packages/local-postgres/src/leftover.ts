import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const FAST_STOP_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 15_000;
const STOP_POLL_MS = 50;

/**
 * Stops the Postgres that still runs on this data directory, if any: one of a run that was killed.
 * True when there was one. Throws when it can't be stopped.
 */
export async function stopLeftover(dataDir: string): Promise<boolean> {
  const pid = await readPid(dataDir);
  if (pid === null || !isRunning(pid)) return false;
  if (!(await commandOf(pid)).includes(dataDir)) {
    // The number belongs to another program by now, after a restart of the machine or container. Postgres itself can't
    // tell, and would refuse to start.
    await rm(join(dataDir, 'postmaster.pid'), { force: true });
    return false;
  }
  process.kill(pid, 'SIGINT'); // Postgres's "fast" shutdown.
  const started = Date.now();
  while (isRunning(pid) && Date.now() - started < FAST_STOP_TIMEOUT_MS) await delay(STOP_POLL_MS);
  if (isRunning(pid)) process.kill(pid, 'SIGQUIT');
  while (isRunning(pid) && Date.now() - started < STOP_TIMEOUT_MS) await delay(STOP_POLL_MS);
  if (isRunning(pid)) throw new Error(`The Postgres of an earlier run, process ${pid}, does not stop.`);
  return true;
}

async function readPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const [pid, directory] = text.split('\n');
  // The file names its directory: a copied data directory must not stop the original's server.
  return directory === dataDir ? Number(pid) : null;
}

/** The command line of a process, empty when it can't be seen. */
async function commandOf(pid: number): Promise<string> {
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  if (fromProc !== null) return fromProc;
  const listed = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => null);
  return listed?.stdout ?? '';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
