import { LockstepError } from '@lockstep/protocol';
import pg from 'pg';

/** Runs with a connection of its own. Throws POSTGRES_UNREACHABLE or CONFIG_INVALID with what to set, never a password. */
export async function withConnection<T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // A connection that is lost between two queries is reported by the next one.
  client.on('error', () => undefined);
  await client.connect().catch((cause: unknown) => {
    throw explain(url, cause);
  });
  try {
    return await run(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Postgres: the password is wrong, or the user is not known. */
const WRONG_PASSWORD = ['28P01', '28000'];

function explain(url: string, cause: unknown): LockstepError {
  const { hostname, port } = new URL(url);
  const where = `${hostname}:${port || '5432'}`;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (WRONG_PASSWORD.includes(code)) {
    return new LockstepError('CONFIG_INVALID', {
      message: `${where} does not accept the password.`,
      remedy:
        'Set PGPASSWORD to the proxy’s PG_PROXY_PASSWORD (or the password in DATABASE_URL to the database’s).',
      cause,
    });
  }
  return new LockstepError('POSTGRES_UNREACHABLE', {
    message: `${where} can't be reached: ${cause instanceof Error ? cause.message || code : code}`,
    remedy: 'Check PGHOST and PGPORT (65432 for the migrations proxy), and that it runs.',
    cause,
  });
}
