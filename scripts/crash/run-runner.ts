import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { ReportLine, RunnerOptions } from './runner/options.ts';

export interface RunnerRun {
  readonly lines: readonly ReportLine[];
  readonly signal: NodeJS.Signals | null;
  /** From its beginning to its end, without its start. */
  readonly durationMs: number;
  readonly stderr: string;
}

/** Runs a runner to its end, whichever that is; `killAfterMs` from when it begins kills it from outside. */
export async function runRunner(
  script: string,
  options: RunnerOptions,
  killAfterMs: number | null,
): Promise<RunnerRun> {
  rmSync(options.report, { force: true });
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  let beganAt = performance.now();
  let timer: NodeJS.Timeout | null = null;
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  child.stdout.once('data', () => {
    beganAt = performance.now();
    if (killAfterMs !== null) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (timer !== null) clearTimeout(timer);
  const text = existsSync(options.report) ? readFileSync(options.report, 'utf8') : '';
  const lines = text
    .split('\n')
    // The last line of a process that was killed from outside may be cut off.
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ReportLine);
  return { lines, signal, durationMs: performance.now() - beganAt, stderr };
}
