import { randomBytes } from 'node:crypto';
import { startProxy } from '@lockstep/electric-proxy';
import { readProxyUrl } from './remote.ts';

/**
 * Runs with a migrations proxy: the one that the PG variables name or, with `DATABASE_URL` alone, one inside this
 * process for as long as the run takes. Throws CONFIG_INVALID when neither says where, POSTGRES_UNREACHABLE.
 */
export async function withMigrationsProxy<T>(
  env: Readonly<Record<string, string | undefined>>,
  run: (proxyUrl: string) => Promise<T>,
): Promise<T> {
  const { PGHOST, DATABASE_URL, ELECTRIC_REPLICATION_STREAM_ID } = env;
  if (PGHOST || !DATABASE_URL) return run(readProxyUrl(env));
  const proxy = await startProxy({
    upstreamUrl: DATABASE_URL,
    password: randomBytes(16).toString('hex'),
    port: 0,
    ...(ELECTRIC_REPLICATION_STREAM_ID ? { streamId: ELECTRIC_REPLICATION_STREAM_ID } : {}),
  });
  try {
    return await run(proxy.url());
  } finally {
    await proxy.close();
  }
}
