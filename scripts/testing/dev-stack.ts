import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { freePort } from '@lockstep/local-postgres';
import type { Checkout } from './checkout.ts';

/** `pnpm dev` of a checkout, as a process of its own. */
export interface DevStack {
  /** What it has printed so far, both streams. */
  output(): string;
  /** Resolves when it has printed that everything runs; rejects with its words when it ends instead. */
  readonly ready: Promise<void>;
  /** Its exit code. */
  readonly exit: Promise<number | null>;
  /** `toGroup`: to the whole process group, as Ctrl-C in a terminal. */
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL', to?: 'process' | 'group'): void;
}

export type PortVariable = 'POSTGRES_PORT' | 'PG_PROXY_PORT' | 'ELECTRIC_PORT' | 'API_PORT' | 'WEB_PORT';
export type StackPorts = Readonly<Record<PortVariable, string>>;

export async function freePorts(): Promise<StackPorts> {
  const one = async () => String(await freePort());
  return {
    POSTGRES_PORT: await one(),
    PG_PROXY_PORT: await one(),
    ELECTRIC_PORT: await one(),
    API_PORT: await one(),
    WEB_PORT: await one(),
  };
}

export function startDev(
  checkout: Checkout,
  env: Readonly<Record<string, string>>,
  user: { readonly uid: number; readonly gid: number } | null = null,
): DevStack {
  const child = spawn(process.execPath, checkout.commandOf('dev'), {
    cwd: checkout.path,
    env: { ...process.env, NODE_ENV: '', LOCKSTEP_TEST_POSTGRES_URL: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...user,
  });
  let text = '';
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('Ready in')) resolve();
      });
    }
    void exit.then((code) => reject(new Error(`It ended with ${code}: ${text}`)));
  });
  ready.catch(() => undefined); // Not every test waits for it.
  return { output: () => text, ready, exit, signal: (name, to = 'process') => send(child, name, to) };
}

function send(child: ChildProcess, name: NodeJS.Signals, to: 'process' | 'group'): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(to === 'group' ? -pid : pid, name);
}

/** The command lines of what runs from a checkout or on its data. Linux only; elsewhere none. */
export function processesOf(checkout: Checkout): string[] {
  return listProcesses()
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))
    .filter((command) => command.includes(checkout.path));
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Empty when the process has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
