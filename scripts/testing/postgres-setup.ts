import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startLocalPostgres } from '@lockstep/local-postgres';

/** Vitest global setup: one Postgres for the run; each test makes databases of its own in it. */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
  await chmod(directory, 0o755); // As root, Postgres runs as another user, who must get in.
  const postgres = await startLocalPostgres({
    dataDir: join(directory, 'postgres'),
    port: await freePort(),
    persistent: false,
    // Not synchronous_commit: with it off, logical replication lags by 200 ms.
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
  process.env.LOCKSTEP_TEST_POSTGRES_URL = postgres.url();
  return () => postgres.stop();
}
