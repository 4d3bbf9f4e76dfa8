import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import pg from 'pg';
import { EmbeddedPostgres } from './embedded.ts';
import { isPortFree } from './free-port.ts';
import { stopLeftover } from './leftover.ts';

export interface LocalPostgresOptions {
  /** Where the cluster's files are. As root, every folder above must be open to the `postgres` user. */
  readonly dataDir: string;
  readonly port: number;
  /** False: the files are deleted at `stop()`. */
  readonly persistent: boolean;
  /** Settings beside those that logical replication needs, e.g. `{ fsync: 'off' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Gets the server's log lines and what was done about a crashed earlier run. */
  readonly onLog?: (line: string) => void;
}

export interface LocalPostgres {
  readonly port: number;
  /** A connection string for a database of the cluster; `postgres` by default. */
  url(database?: string): string;
  /** Creates the database unless it exists. */
  ensureDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** The embedded cluster listens on loopback only; its password keeps other programs from connecting by accident. */
const PASSWORD = 'lockstep';

const SETTINGS: Readonly<Record<string, string>> = {
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
 * A server that a crashed run left on the same files is stopped first.
 * Throws when the port is taken by something else (`code: 'EADDRINUSE'`) or the server does not start, with its last log lines.
 */
export async function startLocalPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const log: string[] = [];
  const onLog = (line: unknown) => {
    log.push(String(line).trimEnd());
    options.onLog?.(String(line).trimEnd());
  };
  if (await stopLeftover(options.dataDir)) {
    options.onLog?.('A Postgres that an earlier run left behind was stopped.');
  }
  if (!(await isPortFree(options.port))) {
    throw Object.assign(new Error(`Port ${options.port} is in use.`), { code: 'EADDRINUSE' });
  }
  await mkdir(join(options.dataDir, '..'), { recursive: true });
  const server = new EmbeddedPostgres({
    databaseDir: options.dataDir,
    port: options.port,
    user: 'postgres',
    password: PASSWORD,
    authMethod: 'scram-sha-256',
    persistent: options.persistent,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]),
    onLog,
    onError: onLog,
  });
  try {
    if (!existsSync(join(options.dataDir, 'PG_VERSION'))) await server.initialise();
    await server.start();
  } catch (cause) {
    throw new Error(`Postgres did not start: ${log.slice(-3).join(' ')}`, { cause });
  }
  const url = (database = 'postgres') =>
    `postgresql://postgres:${PASSWORD}@127.0.0.1:${options.port}/${encodeURIComponent(database)}`;
  return {
    port: options.port,
    url,
    ensureDatabase: (name) => ensureDatabase(url(), name),
    stop: () => server.stop(),
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
