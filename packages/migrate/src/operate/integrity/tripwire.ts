import { LockstepError, type Migration, quoteLiteral, type ReplicaMigration } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import type { MigrationGuard } from '../../run/guard.ts';

export interface TripwireOptions {
  /** Tables that any migration may empty, as Postgres quotes them: `public.cache`. */
  readonly mayEmpty?: readonly string[];
}

interface Table {
  readonly oid: string;
  /** As Postgres quotes it. */
  readonly label: string;
  readonly schema: string;
  readonly name: string;
}

/**
 * A migration that empties or drops a table with rows without naming it (TRUNCATE … CASCADE, ON DELETE CASCADE, DROP
 * SCHEMA of another, a trigger) is rolled back with MIGRATION_EMPTIED_TABLE. Asks of each table whether it has a row,
 * and only around migrations that can take rows away.
 */
export function tripwire({ mayEmpty = [] }: TripwireOptions = {}): MigrationGuard {
  /** Of the migration under way. */
  let filled: readonly Table[] = [];
  let named: ReadonlySet<string> = new Set();
  return {
    async before(tx, migration) {
      filled = [];
      if (!mayRemoveRows(migration)) return;
      filled = (await findFilled(tx, await listTables(tx))).filter(({ label }) => !mayEmpty.includes(label));
      named = await resolveNamed(tx, migration);
    },
    async after(tx, migration) {
      if (filled.length === 0 || !mayRemoveRows(migration)) return;
      const now = await findFilled(tx, await listTables(tx));
      const left = new Set(now.map(({ oid }) => oid));
      // A name may be that of a table which the migration itself has renamed.
      const namedNow = await resolveNamed(tx, migration);
      const emptied = filled.filter(({ oid }) => !left.has(oid) && !named.has(oid) && !namedNow.has(oid));
      filled = [];
      if (emptied.length > 0) throw refusal(migration, emptied);
    },
  };
}

function mayRemoveRows(migration: Migration | ReplicaMigration): migration is Migration {
  if (!('server' in migration)) return false;
  const hasProgram = migration.program !== undefined && migration.program !== null;
  return hasProgram || migration.server.some(({ removes }) => removes !== undefined);
}

/** Tables whose rows are somebody's: not ours, not an extension's. */
async function listTables(tx: Executor): Promise<readonly Table[]> {
  return tx.query<Table & Record<string, unknown>>(
    `SELECT c.oid::text AS oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS label, n.nspname AS schema, c.relname AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'lockstep', 'drizzle', 'electric')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY 2`,
  );
}

async function findFilled(tx: Executor, tables: readonly Table[]): Promise<readonly Table[]> {
  if (tables.length === 0) return [];
  const parts = tables.map(
    ({ oid, label }) => `SELECT ${quoteLiteral(oid)} AS oid, EXISTS (SELECT FROM ONLY ${label}) AS filled`,
  );
  const rows = await tx.query<{ oid: string; filled: boolean }>(parts.join(' UNION ALL '));
  const filled = new Set(rows.filter((row) => row.filled).map(({ oid }) => oid));
  return tables.filter(({ oid }) => filled.has(oid));
}

/** The OIDs of what it names, by the names of this moment. */
async function resolveNamed(tx: Executor, { server }: Migration): Promise<ReadonlySet<string>> {
  const names = server.flatMap(({ removes }) => removes ?? []);
  if (names.length === 0) return new Set();
  const tables = await listTables(tx);
  const ofTree = await tx.query<{ parent: string; child: string }>(
    'SELECT inhparent::text AS parent, inhrelid::text AS child FROM pg_inherits',
  );
  const parents = await tx.query<{ oid: string; schema: string; name: string }>(
    `SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'p'`,
  );
  const isNamed = (table: Pick<Table, 'schema' | 'name'>) =>
    names.some(
      (one) =>
        (one.schema === null || one.schema === table.schema) && (one.name === '*' || one.name === table.name),
    );
  const found = new Set([...tables, ...parents].filter(isNamed).map(({ oid }) => oid));
  // Who names a partitioned table names its partitions. A set may grow while it is walked.
  for (const oid of found) {
    for (const { parent, child } of ofTree) if (parent === oid) found.add(child);
  }
  return found;
}

function refusal({ tag }: ReplicaMigration, emptied: readonly Table[]): LockstepError {
  const tables = emptied.map(({ label }) => label);
  return new LockstepError('MIGRATION_EMPTIED_TABLE', {
    message: `${tag} leaves no row of ${tables.join(', ')}, which it does not name: a CASCADE or a trigger went there. It was rolled back.`,
    remedy: `If that is meant, delete from ${tables[0]} in the migration by name; or list it in \`mayEmpty\`.`,
    place: { file: `${tag}.sql` },
    details: { tables },
  });
}
