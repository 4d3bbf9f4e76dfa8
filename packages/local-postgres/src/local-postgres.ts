import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import pg from 'pg';
import { type Binaries, reachableBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { isPortFree } from './free-port.ts';
import { stopLeftover } from './leftover.ts';
import { chooseOwner } from './owner.ts';
import { startServerProcess } from './server-process.ts';

export interface LocalPostgresOptions {
  /** As root, every folder above must be open to other users (`closedFolder`). */
  readonly dataDir: string;
  readonly port: number;
  /** False: the files are deleted at `stop()`. */
  readonly persistent: boolean;
  /** Settings beside those that logical replication needs, e.g. `{ fsync: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Programs of another version (`fetchPostgres`). */
  readonly binaries?: Binaries;
  /** Gets the server's log lines and what was done about a crashed earlier run. */
  readonly onLog?: (line: string) => void;
}

export interface LocalPostgres {
  readonly port: number;
  /** A connection string for a database of the cluster; `postgres` by default. */
  url(database?: string): string;
  /** Creates the database unless it exists. */
  ensureDatabase(name: string): Promise<void>;
  /** Resolves when the server has ended, also when nobody asked it to. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** The embedded cluster listens on loopback only; its password keeps other programs from connecting by accident. */
const PASSWORD = 'lockstep';

const SETTINGS: Readonly<Record<string, string>> = {
  lc_messages: 'C', // Its log is read.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_replication_slots: '64',
  max_wal_senders: '64',
  max_connections: '200',
  wal_sender_timeout: '60s',
};

/**
 * Starts a real Postgres from npm binaries on 127.0.0.1, creating the cluster when there is none.
 * A server that a crashed run left on the same files is stopped first. The signals of this process stay its own: who
 * starts a server stops it, and only the end of the process takes the server with it.
 * Throws when the port is taken by something else (`code: 'EADDRINUSE'`), when the files belong to another user
 * (`code: 'EACCES'`), or when the server does not start, with its last log lines.
 */
export async function startLocalPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const { port, onLog = () => undefined } = options;
  const dataDir = resolve(options.dataDir);
  if (await stopLeftover(dataDir)) onLog('A Postgres that an earlier run left behind was stopped.');
  if (!(await isPortFree(port))) {
    throw Object.assign(new Error(`Port ${port} is in use.`), { code: 'EADDRINUSE' });
  }
  const owner = await chooseOwner(dataDir);
  const { initdb, postgres } = await reachableBinaries(owner, dataDir, options.binaries);
  await ensureCluster({ dataDir, initdb, owner, password: PASSWORD });
  const settings = Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const args = ['-D', dataDir, '-p', String(port), ...settings];
  const server = await startServerProcess({ postgres, args, owner, onLog }).catch((cause: unknown) => {
    throw new Error(`Postgres did not start: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  });
  const url = (database = 'postgres') =>
    `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return {
    port,
    ended: server.ended,
    url,
    ensureDatabase: (name) => ensureDatabase(url(), name),
    async stop() {
      await server.stop();
      if (!options.persistent) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
