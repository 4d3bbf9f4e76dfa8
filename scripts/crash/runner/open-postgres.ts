import { setTimeout as sleep } from 'node:timers/promises';
import { postgresExecutor } from '@lockstep/migrate/postgres';
import pg from 'pg';
import type { Boundaries } from './boundaries.ts';
import type { OpenDatabase } from './open-database.ts';
import type { CrashDatabase } from './options.ts';
import { TappedSocket } from './tapped-socket.ts';

const NAME = 'crash-runner';
const POLL_MS = 5;
const BUILD_POLLS_MAX = 200;

/** Connects a runner, when nothing of the one before it is at work on the server any more. */
export async function openPostgres(
  { url, directUrl }: Extract<CrashDatabase, { kind: 'postgres' }>,
  boundaries: Boundaries,
): Promise<OpenDatabase> {
  const direct = new pg.Client({ connectionString: directUrl });
  await direct.connect();
  await endTerm(direct);
  const beforeQuery = async (sql: string) => {
    if (!CONCURRENTLY.test(sql) || !boundaries.isNext('both', sql)) return null;
    await hold(direct);
    return async () => {
      await stopBuild(direct);
      return boundaries.die('both', sql);
    };
  };
  const client = new pg.Client({
    connectionString: url,
    application_name: NAME,
    stream: () => new TappedSocket({ boundaries, beforeQuery }),
  } as pg.ClientConfig);
  client.on('error', () => undefined);
  await client.connect();
  return { executor: postgresExecutor(client), integrity: null, target: 'server' };
}

/** A killed process's backend ends what it was sent. Then the term of its lease passes, which is not waited for. */
async function endTerm(direct: pg.Client): Promise<void> {
  while (await isBackendThere(direct)) await sleep(POLL_MS);
  const { rows } = await direct.query("SELECT FROM pg_class WHERE oid = to_regclass('lockstep.lease')");
  if (rows.length > 0) await direct.query("UPDATE lockstep.lease SET expires_at = '2000-01-01'");
}

async function isBackendThere(direct: pg.Client): Promise<boolean> {
  const { rows } = await direct.query(
    'SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
    [NAME],
  );
  return rows.length > 0;
}

/** What the engine runs outside of transactions bears its mark. */
const CONCURRENTLY = /^\/\* lockstep lease.*\bconcurrently\b/is;

/** A transaction with a lock on every table and an old snapshot, on which everything CONCURRENTLY waits. */
async function hold(direct: pg.Client): Promise<void> {
  await direct.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const { rows } = await direct.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  for (const { name } of rows) await direct.query(`LOCK TABLE ${name} IN ACCESS SHARE MODE`);
  await direct.query('SELECT 1');
}

/** Ends the backend where it waits, as a crash of the server would, or the operating system's. */
async function stopBuild(direct: pg.Client): Promise<void> {
  for (let poll = 0; poll < BUILD_POLLS_MAX; poll += 1) {
    const { rows } = await direct.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = $1 AND wait_event_type = 'Lock'`,
      [NAME],
    );
    if (rows.length > 0) return;
    await direct.query('SELECT pg_stat_clear_snapshot()');
    await sleep(POLL_MS);
  }
}
