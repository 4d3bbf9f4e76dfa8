import { type Migration, type ReplicaMigration, replicaMigrationSchema } from '@lockstep/protocol';
import type { AppliedMigration, AppliedState, BegunMigration, DrizzleRow } from './applied.ts';
import { parseAttempt } from './attempt.ts';
import { systemClock } from './clock.ts';
import { drizzleName, drizzleTable, type TrackingOptions } from './drizzle-table.ts';
import type { Executor } from './executor/executor.ts';
import { defaultTarget, type MigratableDatabase, withExecutor } from './executor/with-executor.ts';
import type { Restamp } from './plan.ts';
import type { Target } from './target.ts';
import { ensureTracking, existingTables } from './tracking-schema.ts';
import { drizzleSql, formatEntry, progressSql } from './tracking-sql.ts';

/** Both tracking tables; empty where they don't exist yet. Creates nothing. */
export async function readApplied(executor: Executor, tracking: TrackingOptions = {}): Promise<AppliedState> {
  const drizzles = drizzleTable(tracking);
  const tables = await existingTables(executor, ['lockstep.migrations', drizzles]);
  const migrations = tables.has('lockstep.migrations') ? await readOurs(executor) : [];
  const rows = tables.has(drizzles) ? await readDrizzles(executor, drizzles) : [];
  return { migrations, drizzleOnly: withoutOurs(rows, migrations) };
}

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
async function hasNameColumn(tx: Executor, table: string): Promise<boolean> {
  const rows = await tx.query(
    "SELECT 1 AS found FROM pg_attribute WHERE attrelid = to_regclass($1::text) AND attname = 'name' AND NOT attisdropped",
    [table],
  );
  return rows.length > 0;
}

const HISTORY_ORDER = 'm.index, m."when", m.tag';

async function readOurs(executor: Executor): Promise<AppliedMigration[]> {
  // Everything as text: what an integer or a time becomes differs from driver to driver.
  const rows = await executor.query<OurRow>(
    `SELECT tag, index::text AS index, "when"::text AS "when", hash, chain, target, duration_ms::text AS "durationMs",
       step::text AS step, CASE WHEN step IS NOT NULL THEN entry::text END AS entry,
       CASE WHEN step IS NOT NULL THEN to_jsonb(m) ->> 'attempt' END AS attempt, (extract(epoch FROM applied_at) * 1000)::bigint::text AS "appliedAt"
     FROM lockstep.migrations AS m ORDER BY ${HISTORY_ORDER}`,
  );
  return rows.map((row) => ({
    tag: String(row.tag),
    index: Number(row.index),
    when: Number(row.when),
    hash: String(row.hash),
    chain: String(row.chain),
    target: row.target as Target,
    appliedAt: Number(row.appliedAt),
    durationMs: row.durationMs === null ? null : Number(row.durationMs),
    step: row.step === null ? null : Number(row.step),
    ...(row.entry === null ? {} : { begun: toBegun(row.entry, row.attempt, row.target as Target) }),
  }));
}

type OurRow = Record<Exclude<keyof AppliedMigration, 'begun'> | 'entry' | 'attempt', string | null>;

/** Of the stored entry only its statements are read: another version may have written the rest. */
function toBegun(entry: string, attempt: string | null, target: Target): BegunMigration {
  const stored = JSON.parse(entry) as {
    readonly replica: { readonly statements: readonly string[] };
    readonly server?: readonly { readonly sql: string }[];
    readonly embedded?: readonly { readonly sql: string }[];
  };
  const statements =
    target === 'replica' ? stored.replica.statements : (stored[target] ?? []).map(({ sql }) => sql);
  return { statements, attempt: attempt === null ? null : parseAttempt(attempt) };
}

async function readDrizzles(executor: Executor, table: string): Promise<DrizzleRow[]> {
  const rows = await executor.query<{ hash: string; created_at: string }>(
    `SELECT hash, coalesce(created_at, 0)::bigint::text AS created_at
     FROM ${table} AS d ORDER BY d.created_at, d.id`,
  );
  return rows.map((row) => ({ hash: row.hash, createdAt: Number(row.created_at) }));
}

/** Rows that stay when each of ours has taken one of the same hash away (equal files have equal hashes). */
function withoutOurs(rows: readonly DrizzleRow[], ours: readonly AppliedMigration[]): DrizzleRow[] {
  const counts = new Map<string, number>();
  // An unfinished migration has no row there yet.
  for (const { hash } of ours.filter(({ step }) => step === null))
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return rows.filter(({ hash }) => {
    const count = counts.get(hash) ?? 0;
    counts.set(hash, count - 1);
    return count <= 0;
  });
}
