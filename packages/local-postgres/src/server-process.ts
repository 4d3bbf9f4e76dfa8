import { type ChildProcess, spawn } from 'node:child_process';
import type { Owner } from './owner.ts';

export interface ServerProcess {
  /** Resolves when the process has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Postgres's fast shutdown; the immediate one when that takes too long. */
  stop(): Promise<void>;
}

export interface ServerProcessOptions {
  readonly postgres: string;
  readonly args: readonly string[];
  readonly owner: Owner | null;
  readonly onLog: (line: string) => void;
}

const READY = 'database system is ready to accept connections';
const FAST_STOP_TIMEOUT_MS = 10_000;
const LOG_LINES_SHOWN = 3;

/** Starts the server and waits until it accepts connections. Throws with its last log lines when it ends instead. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const child = spawn(options.postgres, [...options.args], {
    ...options.owner,
    env: { ...process.env, LC_MESSAGES: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own: Ctrl-C in the terminal goes to who started it, and that one stops it, last of all.
    detached: process.platform !== 'win32',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // When this process ends without stopping it, by an error of ours or a test runner's way out.
  const onExit = () => requestStop(child, 'SIGINT');
  process.once('exit', onExit);
  void ended.then(() => process.off('exit', onExit));
  await waitUntilReady(child, options.onLog);
  return { ended, stop: () => stop(child, ended) };
}

async function waitUntilReady(child: ChildProcess, onLog: (line: string) => void): Promise<void> {
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    let rest = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        onLog(line);
        lines.push(line);
        if (lines.length > LOG_LINES_SHOWN) lines.shift();
        if (line.includes(READY)) resolve();
      }
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(lines.join(' ') || 'it ended without a word.')));
  });
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  requestStop(child, 'SIGINT');
  const timer = setTimeout(() => requestStop(child, 'SIGQUIT'), FAST_STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function requestStop(child: ChildProcess, signal: 'SIGINT' | 'SIGQUIT'): void {
  if (process.platform !== 'win32') child.kill(signal);
  // Windows has no such signals, and would end the first of the server's processes only.
  else spawn('taskkill', ['/pid', String(child.pid), '/f', '/t']);
}
