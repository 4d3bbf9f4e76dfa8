import { LockstepError, quoteIdentifier, quoteLiteral } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { readDatabaseId } from '../../run/identity.ts';
import { freeLease } from '../../run/lease.ts';
import { databaseOf, urlOfDatabase, withConnection } from '../with-database.ts';
import { majorOf } from './backup-server.ts';
import { diffFromManifest } from './open-copy.ts';
import { findPgTools } from './pg-tools.ts';
import { restoreDump } from './restore-dump.ts';
import { restoreRefused, wrongBackup } from './restore-error.ts';
import { canCreateDatabases, createDatabaseLike, dropDatabase } from './scratch-database.ts';
import { requireIntact, type StoredBackup } from './store.ts';

export interface RestoreServerOptions {
  /** LOCKSTEP_DATABASE_ID: only this database is restored. */
  readonly databaseId?: string | null;
  readonly pgBin?: string | undefined;
  /** Ends the connections of others to the database. Refused otherwise while there are any. */
  readonly disconnectOthers?: boolean;
  /** To connect to while the database is renamed: `postgres`. */
  readonly maintenanceDatabase?: string;
}

export interface ServerRestored {
  /** The name under which the replaced database stays. */
  readonly replaced: string;
  /** Its replication slots: they hold back the log until they are dropped with it. */
  readonly slots: readonly string[];
}

/**
 * Puts a dump in the place of a database: it is restored into a new database of the same server and compared, then the
 * two change names, and the replaced one stays under another. Owners, grants and settings of the database itself go over.
 * Raises BACKUP_CORRUPT, RESTORE_REFUSED, DATABASE_WRONG, BACKUP_TOOL_MISSING; then the database is as it was.
 */
export async function restoreServer(
  backup: StoredBackup,
  url: string,
  options: RestoreServerOptions = {},
): Promise<ServerRestored> {
  const { manifest, data } = backup;
  if (data === null || manifest.data.kind !== 'dump') throw elsewhere(backup);
  await requireIntact(backup);
  const database = databaseOf(url);
  const stamp = manifest.name.slice(-6);
  const fresh = nameBeside(database, `restoring_${stamp}`);
  const current = await withConnection(url, ({ executor }) => readDatabaseId(executor));
  const wrong = wrongBackup(manifest, current, options.databaseId ?? null);
  if (wrong !== null) throw wrong;
  return withConnection(
    urlOfDatabase(url, options.maintenanceDatabase ?? 'postgres'),
    async ({ executor }) => {
      if (!(await canCreateDatabases(executor))) {
        throw restoreRefused(
          'The role may not create databases, and a dump is restored into one of its own before it replaces another.',
          'Use a role with CREATEDB that owns the database.',
        );
      }
      if (options.disconnectOthers !== true) await requireUnused(executor, database);
      const tools = await findPgTools(await majorOf(executor), { pgBin: options.pgBin });
      await dropDatabase(executor, fresh);
      await createDatabaseLike(executor, fresh, database);
      try {
        const restored = await restoreDump(tools, data, url, fresh, { withOwners: true });
        if (restored.kind !== 'restored') throw failed(manifest.name, restored.said);
        const differences = await withConnection(urlOfDatabase(url, fresh), async (copy) => {
          const found = await diffFromManifest(copy.executor, manifest);
          await freeLease(copy.executor);
          return found;
        });
        if (differences.length > 0) throw failed(manifest.name, differences.join(', '));
        await copySettings(executor, database, fresh);
        return await swap(executor, database, fresh, stamp, options.disconnectOthers === true);
      } catch (error) {
        await dropDatabase(executor, fresh);
        throw error;
      }
    },
  );
}

/** Postgres cuts names at 63 bytes. */
function nameBeside(database: string, suffix: string): string {
  const bytes = Buffer.from(database).subarray(0, 62 - suffix.length);
  return `${bytes.toString('utf8').replace(/\uFFFD/g, '')}_${suffix}`;
}

async function requireUnused(executor: Executor, database: string): Promise<void> {
  const others = await executor.query<{ who: string }>(
    `SELECT DISTINCT coalesce(nullif(application_name, ''), backend_type) AS who FROM pg_stat_activity
     WHERE datname = $1::text AND backend_type IN ('client backend', 'walsender')`,
    [database],
  );
  if (others.length === 0) return;
  throw restoreRefused(
    `Others are connected to ${database}: ${others.map(({ who }) => who).join(', ')}.`,
    'Stop them first, or end their connections with --disconnect.',
  );
}

/** What pg_restore leaves out when it doesn't make the database itself. */
async function copySettings(executor: Executor, from: string, to: string): Promise<void> {
  const [row] = await executor.query<{ owner: string; limit: number; grants: string; settings: string }>(
    `SELECT pg_get_userbyid(d.datdba) AS owner, d.datconnlimit AS limit,
       coalesce((SELECT json_agg(json_build_object('grantee', CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee) END,
         'privilege', a.privilege_type, 'grantable', a.is_grantable)) FROM aclexplode(d.datacl) a), 'null')::text AS grants,
       coalesce((SELECT json_agg(s.setting) FROM pg_db_role_setting r, unnest(r.setconfig) AS s(setting)
         WHERE r.setdatabase = d.oid AND r.setrole = 0), '[]')::text AS settings
     FROM pg_database d WHERE datname = $1::text`,
    [from],
  );
  if (row === undefined) return;
  const name = quoteIdentifier(to);
  await executor.exec(`ALTER DATABASE ${name} CONNECTION LIMIT ${row.limit}`);
  for (const setting of JSON.parse(row.settings) as string[]) {
    const at = setting.indexOf('=');
    const value = setting.slice(at + 1);
    await executor.exec(
      `ALTER DATABASE ${name} SET ${setting.slice(0, at)} = ${isList(setting.slice(0, at)) ? value : quoteLiteral(value)}`,
    );
  }
  const grants = JSON.parse(row.grants) as
    | { readonly grantee: string | null; readonly privilege: string; readonly grantable: boolean }[]
    | null;
  if (grants !== null) {
    await executor.exec(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    for (const { grantee, privilege, grantable } of grants) {
      const who = grantee === null ? 'PUBLIC' : quoteIdentifier(grantee);
      await executor.exec(
        `GRANT ${privilege} ON DATABASE ${name} TO ${who}${grantable ? ' WITH GRANT OPTION' : ''}`,
      );
    }
  }
  await executor.exec(`ALTER DATABASE ${name} OWNER TO ${quoteIdentifier(row.owner)}`);
}

/** Settings whose value is a list of quoted names already. */
function isList(setting: string): boolean {
  return [
    'search_path',
    'session_preload_libraries',
    'local_preload_libraries',
    'temp_tablespaces',
    'DateStyle',
  ].includes(setting);
}

async function swap(
  executor: Executor,
  database: string,
  fresh: string,
  stamp: string,
  disconnectOthers: boolean,
): Promise<ServerRestored> {
  const time = new Date().toISOString().replace(/[-:TZ]|\.\d+/g, '');
  const replaced = nameBeside(database, `replaced_${time}_${stamp}`);
  const slots = await executor.query<{ name: string }>(
    'SELECT slot_name AS name FROM pg_replication_slots WHERE database = $1::text',
    [database],
  );
  const [old, now, next] = [database, replaced, fresh].map(quoteIdentifier);
  // Nobody may come back between the two renamings; with both in one transaction nobody sees half of them.
  if (disconnectOthers) {
    await executor.exec(`ALTER DATABASE ${old} WITH ALLOW_CONNECTIONS false`);
    await executor.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1::text AND pid <> pg_backend_pid()',
      [database],
    );
  }
  try {
    await executor.transaction(async (tx) => {
      await tx.exec(`ALTER DATABASE ${old} RENAME TO ${now}`);
      await tx.exec(`ALTER DATABASE ${next} RENAME TO ${old}`);
    });
  } catch (cause) {
    if (disconnectOthers) await executor.exec(`ALTER DATABASE ${old} WITH ALLOW_CONNECTIONS true`);
    throw restoreRefused(
      `${database} could not be renamed: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Others are connected to it: stop them, or end their connections with --disconnect.',
      cause,
    );
  }
  if (disconnectOthers) await executor.exec(`ALTER DATABASE ${now} WITH ALLOW_CONNECTIONS true`);
  return { replaced, slots: slots.map(({ name }) => name) };
}

function failed(name: string, said: string): LockstepError {
  return new LockstepError('BACKUP_CORRUPT', {
    message: `The backup ${name} was restored beside the database and is not what it was: ${said}. Nothing was touched.`,
    remedy: 'Take another backup, or look at the reason.',
    details: { backup: name },
  });
}

/** What only others can restore: says how. */
function elsewhere({ manifest }: StoredBackup): LockstepError {
  const { data, name, takenAt } = manifest;
  const how =
    data.kind === 'restore-point'
      ? `Recover the server from its archive with recovery_target_${data.name === null ? `lsn = '${data.lsn}'` : `name = '${data.name}'`} (${takenAt}).`
      : data.kind === 'external'
        ? `Restore ${data.id} with ${data.program}.`
        : 'Restore it to a PGlite directory (--database file:…).';
  return restoreRefused(`The backup ${name} can't be restored by this command to a server.`, how);
}
