import type { MigrationStatement } from '@lockstep/protocol';
import type { Executor } from './executor/executor.ts';

/** Parameters that a migration may leave changed by `set_config` or code of its own; what it SETs is compiled to SET LOCAL. */
const WATCHED = `search_path,role,timezone,datestyle,intervalstyle,statement_timeout,session_replication_role,row_security,
check_function_bodies,client_min_messages,standard_conforming_strings,default_transaction_isolation,
default_transaction_read_only,client_encoding,bytea_output,xmloption,default_tablespace,default_table_access_method`;

/**
 * Remembers parameters in the transaction itself, and brings them back before its end: so the connection is afterwards
 * as it was, also one of a pooler, which nobody would find again. A rollback needs neither.
 */
export const REMEMBER_SETTINGS = remember(true);

/** The same beyond the transaction: for several on a connection that nobody else uses meanwhile. */
export const REMEMBER_FOR_CONNECTION = remember(false);

function remember(isLocal: boolean): string {
  return `pg_catalog.set_config('lockstep.settings', (
    SELECT pg_catalog.jsonb_object_agg(name, pg_catalog.current_setting(name))
    FROM pg_catalog.unnest('{${WATCHED.replaceAll('\n', '')}}'::text[]) AS name)::text, ${isLocal})`;
}

export const RESTORE_SETTINGS = `SELECT pg_catalog.set_config(key, value, false)
  FROM pg_catalog.jsonb_each_text(pg_catalog.current_setting('lockstep.settings')::jsonb)
  WHERE pg_catalog.current_setting(key) IS DISTINCT FROM value`;

/**
 * Runs `body` with what the file has SET for a statement outside of transactions, and puts it back. Behind a transaction
 * pooler the statement may run on another connection than its settings.
 */
export async function withSettings<T>(
  executor: Executor,
  settings: NonNullable<MigrationStatement['settings']>,
  body: () => Promise<T>,
): Promise<T> {
  if (settings.length === 0) return body();
  const names = settings.map(({ name }) => name);
  const list = names.map((_, index) => `$${index + 1}::text`).join(', ');
  const before = await executor.query<{ name: string; value: string | null }>(
    `SELECT name, current_setting(name, true) AS value FROM unnest(ARRAY[${list}]) AS name`,
    names,
  );
  try {
    for (const { sql } of settings) await executor.exec(sql);
    return await body();
  } finally {
    for (const { name, value } of before) {
      // Fails on a connection that is gone, and with it what was set.
      await executor
        .query('SELECT set_config($1::text, $2::text, false)', [name, value ?? ''])
        .catch(() => undefined);
    }
  }
}
