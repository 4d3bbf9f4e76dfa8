import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from '@lockstep/protocol';
import { fromRoot } from '../root.ts';
import { isPortTaken } from './port.ts';

/** `watch`: from the sources, restarted when they change. `built`: a build, e.g. of an earlier version. */
export type ApiStart =
  | { readonly kind: 'watch' }
  | { readonly kind: 'built'; readonly main: string; readonly webDist: string | null };

export interface ApiProcess {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const START_POLL_MS = 50;
const STOP_TIMEOUT_MS = 5_000;

/** Starts the API as a process of its own, and waits until it answers. */
export async function startApi(
  start: ApiStart,
  at: { readonly databaseUrl: string; readonly electricUrl: string; readonly port: number },
): Promise<ApiProcess> {
  if (await isPortTaken(at.port)) {
    throw new LockstepError('PORT_IN_USE', {
      message: `The API needs port ${at.port}, which another program uses.`,
      remedy: `Stop that program, or start with another port: API_PORT=${at.port + 1} pnpm dev`,
    });
  }
  const child = spawn(process.execPath, argumentsFor(start), {
    cwd: fromRoot('apps/api'),
    env: {
      ...process.env,
      NODE_ENV: start.kind === 'built' ? 'production' : 'development',
      DATABASE_URL: at.databaseUrl,
      ELECTRIC_URL: at.electricUrl,
      PORT: String(at.port),
      HOST: '127.0.0.1',
      ...(start.kind === 'built' && start.webDist !== null ? { WEB_DIST: start.webDist } : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const url = `http://127.0.0.1:${at.port}`;
  await waitUntilHealthy(child, url, output);
  return { url, pid: child.pid as number, stop: () => stopProcess(child) };
}

function argumentsFor(start: ApiStart): string[] {
  if (start.kind === 'built') return [start.main];
  const tsx = fromRoot('node_modules/tsx/dist/cli.mjs');
  return [tsx, 'watch', '--clear-screen=false', '--conditions=@lockstep/source', 'src/main.ts'];
}

const OUTPUT_CHARACTERS_MAX = 4_000;

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  const append = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-OUTPUT_CHARACTERS_MAX);
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  return () => text.trim();
}

async function waitUntilHealthy(child: ChildProcess, url: string, output: () => string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    const response = await fetch(`${url}/api/health`).catch(() => null);
    if (response?.ok) return;
    await delay(START_POLL_MS);
  }
  child.kill('SIGKILL');
  throw new LockstepError('INTERNAL', {
    message: `The API did not start. It said: ${output() || 'nothing'}`,
    remedy: 'Mend what it names and start again.',
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
