import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { isPortFree } from '@lockstep/local-postgres';
import { LockstepError } from '@lockstep/protocol';
import { fromRoot } from '../root.ts';

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

/** Starts the API as a process of its own, and waits until it answers. Rejects with EADDRINUSE when its port is taken. */
export async function startApi(
  start: ApiStart,
  at: {
    readonly databaseUrl: string;
    readonly electricUrl: string;
    readonly port: number;
    /** Gets what it prints once it runs. */
    readonly onOutput?: (text: string) => void;
  },
): Promise<ApiProcess> {
  if (!(await isPortFree(at.port))) {
    throw Object.assign(new Error(`Port ${at.port} is in use.`), { code: 'EADDRINUSE' });
  }
  const child = spawn(process.execPath, argumentsFor(start), {
    cwd: fromRoot('apps/api'),
    env: {
      ...process.env,
      LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
      NODE_ENV: start.kind === 'built' ? 'production' : 'development',
      DATABASE_URL: at.databaseUrl,
      ELECTRIC_URL: at.electricUrl,
      PORT: String(at.port),
      HOST: '127.0.0.1',
      ...(start.kind === 'built' && start.webDist !== null ? { WEB_DIST: start.webDist } : {}),
    },
    // The channel closes when this process ends, however it ends: the API goes with it.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in the terminal goes to this process alone, which stops the parts in order.
    detached: process.platform !== 'win32',
  });
  const output = collectOutput(child);
  const url = `http://127.0.0.1:${at.port}`;
  await waitUntilHealthy(child, url, output);
  const pass = (chunk: Buffer) => at.onOutput?.(chunk.toString());
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', pass);
  const stop = () => {
    for (const stream of [child.stdout, child.stderr]) stream?.off('data', pass);
    return stopProcess(child);
  };
  return { url, pid: child.pid as number, stop };
}

function argumentsFor(start: ApiStart): string[] {
  const withParent = ['--import', new URL('./with-parent.mjs', import.meta.url).href];
  if (start.kind === 'built') return [...withParent, start.main];
  const tsx = fromRoot('node_modules/tsx/dist/cli.mjs');
  return [
    ...withParent,
    tsx,
    'watch',
    '--clear-screen=false',
    '--conditions=@lockstep/source',
    'src/main.ts',
  ];
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
  await stopProcess(child);
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
