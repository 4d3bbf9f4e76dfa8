import type { Client } from 'pg';
import { catalogueSteps, recordSql } from './catalogue.ts';
import type { CatalogueState } from './intercept.ts';
import type { ProxyLog } from './log.ts';
import { describeUpstreamError, withClient } from './upstream.ts';
import type { ErrorFields } from './wire/backend.ts';

export interface InstallOptions {
  readonly url: string;
  readonly database: string;
  readonly streamId: string;
  readonly timeoutMs: number;
  readonly log?: ProxyLog | undefined;
}

/** "lock" and "step" in one number, fixed for all versions of the proxy. */
const INSTALL_LOCK = 6_543_201;

/**
 * Sees to it that the database has the `electric` schema, at this version or a newer one, on a connection of its own:
 * so it stays when the transaction that needed it is rolled back. Several proxies may do it at once. Never rejects.
 */
export async function ensureCatalogue(options: InstallOptions): Promise<CatalogueState> {
  try {
    const installed = await withClient(options, (client) => install(client, options));
    if (installed.kind === 'installed') {
      options.log?.({ kind: 'catalogue-installed', database: options.database, version: installed.version });
    }
    return installed.kind === 'refused' ? failed(options, installed.error) : { kind: 'ready' };
  } catch (error) {
    return failed(options, explain(error, options));
  }
}

type Installed =
  | { readonly kind: 'present' }
  | { readonly kind: 'installed'; readonly version: number }
  | { readonly kind: 'refused'; readonly error: ErrorFields };

async function install(client: Client, { streamId, timeoutMs }: InstallOptions): Promise<Installed> {
  const query = (sql: string) => client.query(sql);
  await query(`SET lock_timeout = ${timeoutMs}`);
  const present = judge(await readCatalogue(client), streamId);
  if (present !== null) return present;
  await query('BEGIN');
  await query(`SELECT pg_advisory_xact_lock(${INSTALL_LOCK})`);
  const found = await readCatalogue(client);
  const now = judge(found, streamId);
  if (now !== null) {
    await query('ROLLBACK');
    return now;
  }
  const steps = catalogueSteps(streamId).filter((step) => step.version > (found.version ?? 0));
  for (const step of steps) await query(step.sql);
  await query(recordSql(streamId));
  await query('COMMIT');
  return { kind: 'installed', version: steps.at(-1)?.version ?? 0 };
}

interface FoundCatalogue {
  readonly hasSchema: boolean;
  readonly version: number | null;
  readonly streamId: string | null;
}

async function readCatalogue(client: Client): Promise<FoundCatalogue> {
  const { rows } = await client.query<{ ours: boolean; used: boolean }>(
    "SELECT to_regclass('electric.catalogue') IS NOT NULL AS ours, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'electric') AS used",
  );
  if (rows[0]?.ours !== true) return { hasSchema: rows[0]?.used === true, version: null, streamId: null };
  const row = (
    await client.query<{ version: number; stream_id: string }>(
      'SELECT version, stream_id FROM electric.catalogue',
    )
  ).rows[0];
  return { hasSchema: true, version: row?.version ?? 0, streamId: row?.stream_id ?? null };
}

/** Null when there is something to install. */
function judge(found: FoundCatalogue, streamId: string): Installed | null {
  if (found.version === null && found.hasSchema) {
    return refuse(
      '42P06',
      'the schema "electric" is in use by something else',
      'Rename or drop it: the proxy keeps its catalogue there.',
    );
  }
  if (found.version === null) return null;
  if (found.streamId !== null && found.streamId !== streamId) {
    return refuse(
      '55000',
      `this database is electrified for the replication stream "${found.streamId}", and the proxy runs for "${streamId}"`,
      'Start the proxy with the same ELECTRIC_REPLICATION_STREAM_ID as before.',
    );
  }
  const newest = Math.max(...catalogueSteps(streamId).map((step) => step.version));
  return found.version >= newest ? { kind: 'present' } : null;
}

function refuse(code: string, message: string, hint: string): Installed {
  return { kind: 'refused', error: { severity: 'ERROR', code, message, hint } };
}

function failed(options: InstallOptions, error: ErrorFields): CatalogueState {
  options.log?.({
    kind: 'catalogue-failed',
    database: options.database,
    code: error.code,
    why: error.message,
  });
  return { kind: 'failed', error };
}

function explain(error: unknown, { database, url }: InstallOptions): ErrorFields {
  const fields = describeUpstreamError(error, new URL(url).host);
  const role = decodeURIComponent(new URL(url).username);
  if (fields.code === '42501') {
    return {
      severity: 'ERROR',
      code: fields.code,
      message: `the proxy could not install the schema "electric" in database "${database}": ${fields.message}`,
      hint: `GRANT CREATE ON DATABASE "${database}" TO "${role}".`,
    };
  }
  return {
    severity: 'ERROR',
    code: fields.code,
    message: `the proxy could not install the schema "electric" in database "${database}": ${fields.message}`,
    hint: fields.hint,
  };
}
