import type { Executor } from '../run/executor/executor.ts';
import { existingTables } from '../run/tracking-schema.ts';

/**
 * A database remembers that it was migrated as production, so that commands for development refuse it however they
 * reach it: through a tunnel, production looks like this machine. The mark names the cluster and the database, so that
 * a copy restored elsewhere is not production by inheritance.
 */
const CREATE_TABLE = `CREATE SCHEMA IF NOT EXISTS lockstep;
  CREATE TABLE IF NOT EXISTS lockstep.production (
    cluster text NOT NULL,
    database oid NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (cluster, database)
  )`;

/** Does nothing where it is marked. */
export async function markProduction(executor: Executor): Promise<void> {
  if (await isMarkedProduction(executor)) return;
  await executor.transaction(async (tx) => {
    await tx.exec(CREATE_TABLE);
    await tx.query(
      `INSERT INTO lockstep.production (cluster, database) VALUES ($1::text, $2::text::oid) ON CONFLICT DO NOTHING`,
      await readIdentity(tx),
    );
  });
}

/** True when this very database was migrated as production. */
export async function isMarkedProduction(executor: Executor): Promise<boolean> {
  if ((await existingTables(executor, ['lockstep.production'])).size === 0) return false;
  const rows = await executor.query(
    'SELECT FROM lockstep.production WHERE cluster = $1::text AND database = $2::text::oid',
    await readIdentity(executor),
  );
  return rows.length > 0;
}

/** Cluster and database. Where the role may not ask for the cluster, the database's own number has to do. */
async function readIdentity(executor: Executor): Promise<readonly [string, string]> {
  const [facts] = await executor.query<{ may_ask: boolean; database: string }>(
    `SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS may_ask, oid::text AS database
     FROM pg_database WHERE datname = current_database()`,
  );
  if (facts?.may_ask !== true) return ['', facts?.database ?? '0'];
  const [control] = await executor.query<{ cluster: string }>(
    'SELECT system_identifier::text AS cluster FROM pg_control_system()',
  );
  return [control?.cluster ?? '', facts.database];
}
