import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** More than this of a program's output is dropped. */
const OUTPUT_CHARS_MAX = 1_000_000;

/** Runs a program without a shell. `env` is added to this process's; a program that can't be started throws. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramRun> {
  const child = spawn(program, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-OUTPUT_CHARS_MAX);
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode: exitCode ?? 1, ...output };
}

/** The last lines of what it said, for a message. */
export function lastWords({ stdout, stderr }: ProgramRun): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  return text.trim().split('\n').slice(-3).join(' ');
}
