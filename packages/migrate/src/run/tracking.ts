import { type Migration, type ReplicaMigration, replicaMigrationSchema } from '@lockstep/protocol';
import type { AppliedMigration } from './applied.ts';
import { systemClock } from './clock.ts';
import { drizzleName, drizzleTable, type TrackingOptions } from './drizzle-table.ts';
import type { Executor } from './executor/executor.ts';
import { defaultTarget, type MigratableDatabase, withExecutor } from './executor/with-executor.ts';
import type { Restamp } from './plan.ts';
import { HISTORY_ORDER, readApplied } from './read-applied.ts';
import type { Target } from './target.ts';
import { ensureTracking, existingTables } from './tracking-schema.ts';
import { drizzleSql, formatEntry, progressSql } from './tracking-sql.ts';

export { readApplied };

/**
 * The stored entries of what is applied whole, in the order of the history, in the form that clients get: what the API
 * serves, whatever code is running. Throws a ZodError when a row isn't an entry.
 */
export async function readAppliedEntries(executor: Executor): Promise<ReplicaMigration[]> {
  const tables = await existingTables(executor, ['lockstep.migrations']);
  if (tables.size === 0) return [];
  const rows = await executor.query<{ entry: string }>(
    `SELECT entry::text AS entry FROM lockstep.migrations AS m WHERE step IS NULL ORDER BY ${HISTORY_ORDER}`,
  );
  return rows.map(({ entry }) => replicaMigrationSchema.parse(JSON.parse(entry)));
}

/** D2: what is applied whole, oldest first. */
export async function getAppliedMigrations(db: MigratableDatabase): Promise<readonly AppliedMigration[]> {
  const { migrations } = await withExecutor(db, (executor) => readApplied(executor));
  return migrations.filter((migration) => migration.step === null);
}

/**
 * D2: records a migration as applied without running it, in both tracking tables. Does nothing when it is recorded.
 * The caller vouches for the database being as the migration would have left it.
 */
export async function markMigrationApplied(
  db: MigratableDatabase,
  migration: Migration,
  target?: 'server' | 'embedded',
  tracking?: TrackingOptions,
): Promise<void>;
export async function markMigrationApplied(
  db: MigratableDatabase,
  migration: ReplicaMigration,
  target: 'replica',
): Promise<void>;
export async function markMigrationApplied(
  db: MigratableDatabase,
  migration: Migration | ReplicaMigration,
  target?: Target,
  tracking: TrackingOptions = {},
): Promise<void> {
  await withExecutor(db, (executor) =>
    markApplied(executor, migration, target ?? defaultTarget(executor), tracking),
  );
}

async function markApplied(
  executor: Executor,
  migration: Migration | ReplicaMigration,
  target: Target,
  tracking: TrackingOptions,
): Promise<void> {
  await ensureTracking(executor, target, systemClock, tracking);
  await executor.transaction(async (tx) => {
    const { migrations, drizzleOnly } = await readApplied(tx, tracking);
    if (
      migrations.some((row) => row.tag === migration.tag && row.hash === migration.hash && row.step === null)
    )
      return;
    const isRecorded = migrations.some((row) => row.tag === migration.tag && row.step !== null);
    await tx.exec(progressSql({ migration, target, durationMs: null, step: null, isRecorded }));
    const isInDrizzles = drizzleOnly.some((row) => row.hash === migration.hash);
    if (target !== 'replica' && !isInDrizzles) await tx.exec(drizzleSql(migration, tracking));
  });
}

/**
 * Our rows for what Drizzle's own migrator had applied. Its rows stay, and get the journal's time where the file was
 * renumbered since.
 */
export async function takeOver(
  tx: Executor,
  migrations: readonly (Migration | ReplicaMigration)[],
  target: Target,
  tracking: TrackingOptions = {},
): Promise<void> {
  const table = drizzleTable(tracking);
  for (const migration of migrations) {
    await tx.exec(progressSql({ migration, target, durationMs: null, step: null }));
    await tx.query(
      `UPDATE ${table} SET created_at = $2::text::bigint
       WHERE id = (SELECT id FROM ${table} AS d WHERE d.hash = $1::text
         AND NOT EXISTS (SELECT FROM ${table} AS e WHERE e.hash = d.hash AND e.created_at = $2::text::bigint)
         ORDER BY id LIMIT 1)`,
      [migration.hash, String(migration.when)],
    );
  }
}

/** Gives renumbered or renamed rows the tags of the bundle, and changes nothing else of them. */
export async function renameRows(
  tx: Executor,
  rows: readonly Restamp[],
  tracking: TrackingOptions = {},
): Promise<void> {
  for (const [{ migration }, { id }] of await findRows(tx, rows, drizzleTable(tracking))) {
    await tx.query('UPDATE lockstep.migrations SET tag = $2::text WHERE id = $1::text::bigint', [
      id,
      migration.tag,
    ]);
  }
}

/** Brings rows in line with the bundle after entries were inserted before them, renumbered or renamed. */
export async function restamp(
  tx: Executor,
  rows: readonly Restamp[],
  target: Target,
  tracking: TrackingOptions = {},
): Promise<void> {
  const table = drizzleTable(tracking);
  const hasNames = await hasNameColumn(tx, table);
  for (const [{ migration }, row] of await findRows(tx, rows, table)) {
    await tx.query(
      `UPDATE lockstep.migrations
       SET tag = $2::text, index = $3::text::integer, chain = $4::text, entry = $5::text::jsonb, "when" = $6::text::bigint
       WHERE id = $1::text::bigint`,
      [
        row.id,
        migration.tag,
        String(migration.index),
        migration.chain,
        formatEntry(migration, target),
        String(migration.when),
      ],
    );
    if (row.drizzleId === null) continue;
    // Drizzle's own runner applies what is newer than its newest row: its time is the journal's, always.
    await tx.query(
      `UPDATE ${table} SET created_at = $2::text::bigint ${hasNames ? ', name = $3::text' : ''} WHERE id = $1::text::bigint`,
      [row.drizzleId, String(migration.when), ...(hasNames ? [drizzleName(migration)] : [])],
    );
  }
}

interface FoundRow {
  readonly id: string;
  /** Its row in Drizzle's table: null on a replica, and while it is unfinished. */
  readonly drizzleId: string | null;
}

/** Found by what they say now before any is changed: tags and times may have changed places. */
async function findRows(
  tx: Executor,
  rows: readonly Restamp[],
  table: string,
): Promise<ReadonlyMap<Restamp, FoundRow>> {
  const found = new Map<Restamp, FoundRow>();
  const taken = new Set<string>();
  const { size } = await existingTables(tx, [table]);
  for (const row of rows) {
    const [ours] = await tx.query<{ id: string; hash: string; when: string }>(
      'SELECT id::text AS id, hash, "when"::text AS "when" FROM lockstep.migrations WHERE tag = $1::text',
      [row.storedTag],
    );
    if (ours === undefined) continue;
    const drizzles =
      size === 0
        ? []
        : await tx.query<{ id: string }>(
            `SELECT id::text AS id FROM ${table} WHERE hash = $1::text AND created_at = $2::text::bigint ORDER BY id`,
            [ours.hash, ours.when],
          );
    const drizzleId = drizzles.map(({ id }) => id).find((id) => !taken.has(id)) ?? null;
    if (drizzleId !== null) taken.add(drizzleId);
    found.set(row, { id: ours.id, drizzleId });
  }
  return found;
}

/** Drizzle 1.0 added its columns: it goes by the name then. */
export async function hasNameColumn(tx: Executor, table: string): Promise<boolean> {
  const rows = await tx.query(
    "SELECT 1 AS found FROM pg_attribute WHERE attrelid = to_regclass($1::text) AND attname = 'name' AND NOT attisdropped",
    [table],
  );
  return rows.length > 0;
}
