import { quoteIdentifier } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import type { DatabaseObjects } from './made-by-history.ts';

/**
 * Empties a development database (D6): the schemas that the history made and the tracking go whole (the database keeps its id); `public` stays, with
 * its grants and with extensions that somebody else installed, and loses everything else. Roles and other databases are
 * never touched. One transaction.
 */
export async function resetDatabase(executor: Executor, made: DatabaseObjects): Promise<void> {
  await executor.transaction(async (tx) => {
    for (const name of made.eventTriggers) await drop(tx, 'EVENT TRIGGER', quoteIdentifier(name));
    for (const name of made.publications) await drop(tx, 'PUBLICATION', quoteIdentifier(name));
    for (const name of [...made.schemas, 'drizzle'].filter((schema) => schema !== 'public')) {
      await drop(tx, 'SCHEMA', quoteIdentifier(name));
    }
    for (const name of made.extensions) await drop(tx, 'EXTENSION', quoteIdentifier(name));
    for (const { kind, name } of await readPublic(tx)) await drop(tx, kind, name);
    for (const name of await readTracking(tx)) await drop(tx, 'TABLE', name);
  });
}

async function drop(tx: Executor, kind: string, name: string): Promise<void> {
  await tx.exec(`DROP ${kind} IF EXISTS ${name} CASCADE`);
}

/** What stands by itself in `public`, without what belongs to an extension; the rest goes along by CASCADE. */
function readPublic(tx: Executor): Promise<{ kind: string; name: string }[]> {
  return tx.query(`
    WITH own AS (
      SELECT 'pg_class'::regclass AS class, c.oid, c.oid::regclass::text AS name,
        CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'TABLE' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'v' THEN 'VIEW'
          WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' END AS kind
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
      UNION ALL
      SELECT 'pg_proc'::regclass, p.oid, p.oid::regprocedure::text, 'ROUTINE'
      FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
      UNION ALL
      SELECT 'pg_type'::regclass, t.oid, t.oid::regtype::text, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END
      FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('d', 'e', 'r')
      UNION ALL
      SELECT 'pg_collation'::regclass, l.oid, l.oid::regcollation::text, 'COLLATION'
      FROM pg_collation l WHERE l.collnamespace = 'public'::regnamespace
      UNION ALL
      SELECT 'pg_ts_config'::regclass, g.oid, g.oid::regconfig::text, 'TEXT SEARCH CONFIGURATION'
      FROM pg_ts_config g WHERE g.cfgnamespace = 'public'::regnamespace
    )
    SELECT kind, name FROM own WHERE kind IS NOT NULL AND NOT EXISTS (
      SELECT FROM pg_depend d WHERE d.classid = own.class AND d.objid = own.oid AND d.deptype = 'e'
    )
    ORDER BY array_position(ARRAY['VIEW', 'MATERIALIZED VIEW', 'TABLE', 'FOREIGN TABLE'], kind), name`);
}

/** Ours, but for who this database is: what is pinned to its id goes on to work. */
async function readTracking(tx: Executor): Promise<readonly string[]> {
  const rows = await tx.query<{ name: string }>(
    `SELECT format('lockstep.%I', tablename) AS name FROM pg_tables
     WHERE schemaname = 'lockstep' AND tablename <> 'database'`,
  );
  return rows.map(({ name }) => name);
}
