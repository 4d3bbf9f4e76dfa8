import type { Executor } from '../../run/executor/executor.ts';
import type { IntegrityFinding } from './report.ts';

/** Indexes that an interrupted or failed CONCURRENTLY left: written to, and used by nobody. Not those being built. */
export async function findInvalidIndexes(executor: Executor): Promise<readonly IntegrityFinding[]> {
  const rows = await executor.query<{ name: string; onTable: string }>(
    `SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS "onTable"
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname NOT LIKE 'pg\\_%'
       AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation = i.indrelid
         AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid())
     ORDER BY 1`,
  );
  return rows.map(({ name, onTable }) => ({
    kind: 'invalid-index',
    object: name,
    what: `an index of ${onTable} whose build was interrupted or failed: drop it and build it again`,
  }));
}
