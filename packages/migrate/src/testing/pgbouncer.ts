import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@lockstep/local-postgres';

/** A pgbouncer in transaction mode in front of a server: each transaction may get another backend. */
export interface Pooler {
  /** The pooler's address of a database. */
  url(database: string): string;
  stop(): Promise<void>;
}

const POOL_SIZE = 4;
const START_MS_MAX = 10_000;

/** Raises an error that names the Debian package when there is no pgbouncer. */
export async function startPooler(directUrl: string): Promise<Pooler> {
  const { hostname, port: upstreamPort, username, password } = new URL(directUrl);
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-pgbouncer-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const credentials = `user=${decodeURIComponent(username)}${password === '' ? '' : ` password=${decodeURIComponent(password)}`}`;
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(
    config,
    `[databases]
* = host=${hostname} port=${upstreamPort} ${credentials}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
ignore_startup_parameters = extra_float_digits,options
`,
  );
  // It refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const child = spawn('pgbouncer', [...(isRoot ? ['-u', 'nobody'] : []), '-q', config], {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  try {
    await Promise.race([answering(port), failing(child)]);
  } catch (error) {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url(database) {
      const url = new URL(directUrl);
      url.port = String(port);
      url.hostname = '127.0.0.1';
      url.pathname = `/${database}`;
      return url.href;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function failing(child: ChildProcess): Promise<never> {
  const [reason] = (await Promise.race([once(child, 'error'), once(child, 'exit')])) as [unknown];
  if (reason instanceof Error && 'code' in reason && reason.code === 'ENOENT') {
    throw new Error('pgbouncer is missing: install the Debian package pgbouncer.');
  }
  throw new Error(`pgbouncer ended at its start (${String(reason)}).`);
}

async function answering(port: number): Promise<void> {
  const deadline = Date.now() + START_MS_MAX;
  for (;;) {
    const socket = connectSocket(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error(`pgbouncer does not answer within ${START_MS_MAX} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
