import { readFile } from 'node:fs/promises';

/**
 * What tells a process from a later one with the same number: when it started, where the system says so (Linux).
 * Numbers come round soon in a container, where a crashed run's may be anybody's after a restart.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string | null;
}

/** Null when there is no such process. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | null> {
  if (!exists(pid)) return null;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return { pid, startedAt: stat === null ? null : startTimeOf(stat) };
}

/** True while that very process runs. */
export async function isRunning(process: ProcessIdentity): Promise<boolean> {
  const now = await identifyProcess(process.pid);
  return now !== null && now.startedAt === process.startedAt;
}

/** The 22nd field (proc(5)); the second is a name in brackets, which may hold spaces and brackets. */
function startTimeOf(stat: string): string | null {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName[19] ?? null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
