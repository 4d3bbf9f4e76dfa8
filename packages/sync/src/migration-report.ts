import type { ReplicaMigration } from '@lockstep/protocol';
import type { MigrationReport } from './contract.ts';
import type { TablePlan } from './follow.ts';
import { touchedTables } from './follow.ts';
import type { StoredShape } from './read/position.ts';

/** A local migration on its way: what moved, and what the tables held when it began. */
export interface Movement {
  readonly from: string | null;
  readonly to: string;
  readonly startedAt: number;
  /** The migrations that are news here: moved now, or known before and come to the server now. */
  readonly news: readonly ReplicaMigration[];
  readonly tables: readonly TableBefore[];
}

export interface TableBefore {
  readonly table: string;
  readonly rows: number;
  /** Bytes that this session had received by then. */
  readonly bytes: number;
  readonly stored: StoredShape | null;
}

/** What a finished movement did (A8): which tables were asked for again, and what that spared the others. */
export function reportMovement(
  movement: Movement,
  outcome: {
    readonly finishedAt: Date;
    /** Tables of the schema as it is now. */
    readonly tables: readonly string[];
    readonly resynced: ReadonlySet<string>;
    /** Bytes that this session has received by now, by table. */
    readonly bytes: ReadonlyMap<string, number>;
  },
): MigrationReport {
  const before = new Map(movement.tables.map((entry) => [entry.table, entry]));
  const touched = touchedTables(movement.news);
  const names = [...new Set([...outcome.tables, ...before.keys()])].sort();
  return {
    from: movement.from,
    to: movement.to,
    finishedAt: outcome.finishedAt.toISOString(),
    durationMs: outcome.finishedAt.getTime() - movement.startedAt,
    summary: summaryOf(movement.news),
    tables: names.map((table) => {
      const held = before.get(table);
      const kind = kindOf(table, outcome, held, touched.get(table));
      const isFetched = kind === 'created' || kind === 'resynced';
      return {
        table,
        kind,
        rowsKept: kind === 'kept' || kind === 'resynced' ? (held?.rows ?? 0) : 0,
        bytesDownloaded: isFetched ? (outcome.bytes.get(table) ?? 0) - (held?.bytes ?? 0) : 0,
        bytesNotDownloaded: kind === 'kept' ? estimateBytes(held) : 0,
      };
    }),
  };
}

export function summaryOf(migrations: readonly ReplicaMigration[]): readonly string[] {
  return migrations.flatMap(({ summary }) => summary);
}

function kindOf(
  table: string,
  outcome: { readonly tables: readonly string[]; readonly resynced: ReadonlySet<string> },
  held: TableBefore | undefined,
  touched: 'created' | 'changed' | 'dropped' | undefined,
): MigrationReport['tables'][number]['kind'] {
  if (!outcome.tables.includes(table)) return 'dropped';
  if (held === undefined || touched === 'created') return 'created';
  return outcome.resynced.has(table) ? 'resynced' : 'kept';
}

/** What the rows would have cost, from the bytes that rows of the table arrived with. */
function estimateBytes(held: TableBefore | undefined): number {
  if (held === undefined || held.stored === null || held.stored.rows === 0) return 0;
  return Math.round((held.stored.bytes / held.stored.rows) * held.rows);
}

/** Tables that have to be asked for again although they are filled: the columns to ask for are others than those stored. */
export function tablesToResync(
  plans: ReadonlyMap<string, TablePlan>,
  stored: ReadonlyMap<string, StoredShape>,
): ReadonlyMap<string, readonly string[]> {
  const gained = new Map<string, readonly string[]>();
  for (const { table, columns, position } of stored.values()) {
    const plan = plans.get(table);
    if (plan?.kind !== 'sync') continue;
    const added = plan.columns.filter((column) => !columns.includes(column));
    const isSame = added.length === 0 && plan.columns.length === columns.length;
    if (!isSame || position === null) gained.set(table, added);
  }
  return gained;
}

/** The migrations that explain why tables gain columns: the server has caught up with them (A5). */
export function explainGains(
  local: readonly ReplicaMigration[],
  gained: ReadonlyMap<string, readonly string[]>,
): readonly ReplicaMigration[] {
  return local.filter(({ footprint }) =>
    footprint.some(
      (change) => change.kind === 'add-column' && gained.get(change.table)?.includes(change.column),
    ),
  );
}
