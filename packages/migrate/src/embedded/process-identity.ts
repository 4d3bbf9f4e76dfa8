import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Who holds something, so that another process can name it and tell whether it still lives. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the words of the operating system; null where that can't be asked. */
  readonly startedAt: string | null;
  /** Processes of one realm see each other's pids and sockets; those of two containers don't. */
  readonly realm: string;
  readonly program: string;
}

export async function identifyThisProcess(): Promise<ProcessIdentity> {
  return {
    pid: process.pid,
    startedAt: await processStart(process.pid),
    realm: await readRealm(),
    program: process.argv[1] ?? process.execPath,
  };
}

/** False when no process has its pid, or when the one that has it now started at another time. */
export async function isProcessAlive(identity: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const startedAt = await processStart(identity.pid);
  return startedAt === null || identity.startedAt === null || startedAt === identity.startedAt;
}

/** The machine's current run: another one after each start of the machine. Null where it has no name. */
export async function readBootId(): Promise<string | null> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

async function readRealm(): Promise<string> {
  // Abstract sockets belong to a network namespace, which all machines number alike: the boot tells them apart.
  const namespace = await readlink('/proc/self/ns/net').catch(() => null);
  const boot = await readBootId();
  return namespace === null || boot === null ? hostname() : `${boot} ${namespace}`;
}

async function processStart(pid: number): Promise<string | null> {
  if (process.platform === 'win32') return null;
  if (process.platform === 'linux') {
    // The 22nd field; the second, the program's name in brackets, may hold blanks (proc_pid_stat(5)).
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  }
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], (error, stdout) =>
      resolve(error === null && stdout.trim() !== '' ? stdout.trim() : null),
    );
  });
}
