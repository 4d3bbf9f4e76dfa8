import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { CrashJob, CrashReport } from './job.ts';

/** Starts processes that are killed on their way: hundreds, so that their code is made one file first. */
export interface CrashProcesses {
  start(job: CrashJob): CrashProcess;
  close(): void;
}

export interface CrashProcess {
  readonly child: ChildProcess;
  /** Null when it was killed. Raises when it ended in another way. */
  readonly ended: Promise<CrashReport | null>;
}

export async function prepareProcesses(): Promise<CrashProcesses> {
  // Below the package, where its dependencies are found.
  const cache = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'crash-'));
  const script = join(folder, 'child.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./child.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@lockstep/source'],
    external: ['pg', '@electric-sql/pglite'],
    logLevel: 'error',
  });
  let jobs = 0;
  return {
    start(job) {
      jobs += 1;
      const file = join(folder, `job-${jobs}.json`);
      writeFileSync(file, JSON.stringify(job));
      const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      return { child, ended: readEnd(child) };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function readEnd(child: ChildProcess): Promise<CrashReport | null> {
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal === 'SIGKILL') return null;
  if (code !== 0 || output === '') throw new Error(`The process ended with ${code ?? signal}: ${output}`);
  return JSON.parse(output) as CrashReport;
}
