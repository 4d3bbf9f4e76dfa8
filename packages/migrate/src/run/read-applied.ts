import type { AppliedMigration, AppliedState, BegunMigration, DrizzleRow } from './applied.ts';
import { parseAttempt } from './attempt.ts';
import { drizzleTable, type TrackingOptions } from './drizzle-table.ts';
import type { Executor } from './executor/executor.ts';
import type { Target } from './target.ts';
import { existingTables } from './tracking-schema.ts';

export const HISTORY_ORDER = 'm.index, m."when", m.tag';

/**
 * Both tracking tables; empty where they don't exist yet. Creates nothing. They are read by one statement, since a
 * runner may commit to both between two.
 */
export async function readApplied(executor: Executor, tracking: TrackingOptions = {}): Promise<AppliedState> {
  const drizzles = drizzleTable(tracking);
  const tables = await existingTables(executor, ['lockstep.migrations', drizzles]);
  const ours = tables.has('lockstep.migrations') ? `(${OURS})` : 'NULL';
  const theirs = tables.has(drizzles) ? `(${drizzleRows(drizzles)})` : 'NULL';
  if (tables.size === 0) return { migrations: [], drizzleOnly: [] };
  const [row] = await executor.query<{ ours: string | null; theirs: string | null }>(
    `SELECT ${ours} AS ours, ${theirs} AS theirs`,
  );
  const migrations = parseRows<OurRow>(row?.ours).map(toApplied);
  return { migrations, drizzleOnly: withoutOurs(parseRows<DrizzleRow>(row?.theirs), migrations) };
}

/** As JSON in a text, which every driver gives as it is. Times of migrations are well below 2^53. */
const OURS = `SELECT json_agg(json_build_array(tag, index, "when", hash, chain, target, duration_ms, step,
    CASE WHEN step IS NOT NULL THEN entry END, CASE WHEN step IS NOT NULL THEN to_jsonb(m) -> 'attempt' END,
    (extract(epoch FROM applied_at) * 1000)::bigint) ORDER BY ${HISTORY_ORDER})::text
  FROM lockstep.migrations AS m`;

function drizzleRows(table: string): string {
  return `SELECT json_agg(json_build_object('hash', d.hash, 'createdAt', coalesce(d.created_at, 0)::bigint)
    ORDER BY d.created_at, d.id)::text FROM ${table} AS d`;
}

function parseRows<Row>(json: string | null | undefined): readonly Row[] {
  return json === null || json === undefined ? [] : (JSON.parse(json) as readonly Row[]);
}

type OurRow = readonly [
  tag: string,
  index: number,
  when: number,
  hash: string,
  chain: string,
  target: Target,
  durationMs: number | null,
  step: number | null,
  entry: StoredEntry | null,
  attempt: object | null,
  appliedAt: number,
];

interface StoredEntry {
  readonly replica: { readonly statements: readonly string[] };
  readonly server?: readonly { readonly sql: string }[];
  readonly embedded?: readonly { readonly sql: string }[];
}

function toApplied(row: OurRow): AppliedMigration {
  const [tag, index, when, hash, chain, target, durationMs, step, entry, attempt, appliedAt] = row;
  const begun = entry === null ? {} : { begun: toBegun(entry, attempt, target) };
  return { tag, index, when, hash, chain, target, appliedAt, durationMs, step, ...begun };
}

/** Of the stored entry only its statements are read: another version may have written the rest. */
function toBegun(entry: StoredEntry, attempt: object | null, target: Target): BegunMigration {
  const statements =
    target === 'replica' ? entry.replica.statements : (entry[target] ?? []).map(({ sql }) => sql);
  return { statements, attempt: attempt === null ? null : parseAttempt(attempt) };
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
