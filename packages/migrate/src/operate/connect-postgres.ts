import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../run/executor/executor.ts';
import { postgresExecutor } from '../run/executor/postgres.ts';

/** How long a server may take to let a connection in. */
const CONNECT_MS_MAX = 10_000;

/** A connection of one's own to a Postgres. Close it: an open one keeps the process alive. */
export interface PostgresConnection {
  readonly executor: Executor;
  close(): Promise<void>;
}

/**
 * Connects: the one place of this package that opens connections to Postgres. Raises POSTGRES_UNREACHABLE, and
 * CONFIG_INVALID for a wrong password or where `pg`, an optional peer, isn't installed; never shows the URL.
 */
export async function connectPostgres(url: string): Promise<PostgresConnection> {
  // Loaded here, so that PGlite alone gets along without it.
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw new LockstepError('CONFIG_INVALID', {
      message: 'Connecting to Postgres needs node-postgres, which is not installed.',
      remedy: 'Install it: `npm install pg`.',
      cause,
    });
  });
  const client = new pg.Client({
    connectionString: url,
    application_name: 'lockstep',
    connectionTimeoutMillis: CONNECT_MS_MAX,
  });
  // A connection that is lost between two queries is reported by the next one.
  client.on('error', () => undefined);
  await client.connect().catch((cause: unknown) => {
    throw explain(url, cause);
  });
  return { executor: postgresExecutor(client), close: () => client.end().catch(() => undefined) };
}

/** Postgres: the password is wrong, or the user is not known. */
const WRONG_PASSWORD = ['28P01', '28000'];
/** Postgres: there is no such database. */
const NO_DATABASE = '3D000';

function explain(url: string, cause: unknown): LockstepError {
  const { hostname, port, pathname } = new URL(url);
  const where = `${hostname}:${port || '5432'}`;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (WRONG_PASSWORD.includes(code)) {
    return new LockstepError('CONFIG_INVALID', {
      message: `${where} does not accept the user or the password.`,
      remedy:
        'Check the password in DATABASE_URL, or PGUSER and PGPASSWORD (of a migrations proxy: its own).',
      cause,
    });
  }
  if (code === NO_DATABASE) {
    return new LockstepError('CONFIG_INVALID', {
      message: `${where} has no database ${decodeURIComponent(pathname.slice(1))}.`,
      remedy: 'Create it first, or check the name in DATABASE_URL or PGDATABASE.',
      cause,
    });
  }
  return new LockstepError('POSTGRES_UNREACHABLE', {
    message: `${where} can't be reached: ${cause instanceof Error ? cause.message || code : code}`,
    remedy: 'Check host and port in DATABASE_URL or PGHOST and PGPORT, and that the server runs.',
    cause,
  });
}
