import { formatQualifiedName, type StashItem } from '@lockstep/protocol';
import type { Executor } from '../../run/executor/executor.ts';
import { readStashes, type Stash } from '../../run/stash/stash-table.ts';
import { lossOf, type UndoneMigration } from './plan-rollback.ts';

/** What undoing does to the rows of one table. */
export interface RollbackEffect {
  readonly tag: string;
  /**
   * `set-aside`: dropped or narrowed, and kept in the stash until the migration is applied again. `lost`: the same with
   * the stash switched off. `restored`: comes back out of the stash. `not-restored`: was lost when the migration was
   * applied, and no stash has it.
   */
  readonly kind: 'set-aside' | 'lost' | 'restored' | 'not-restored';
  readonly table: string;
  readonly columns: readonly string[];
  /** The whole table goes or comes. */
  readonly isWhole: boolean;
  /** Null where it can't be counted now: the table has another name until a later migration is undone. */
  readonly rows: number | null;
  /** With indexes. Null as `rows`, and for what comes back. */
  readonly bytes: number | null;
}

/** What stands against a rollback until it is accepted. */
export interface RollbackLoss {
  readonly tag: string;
  readonly kind: 'not-stashed' | 'stash-off';
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number | null;
}

export interface RollbackPreview {
  /** In the order in which they are undone. A program's statements are not counted: null. */
  readonly undone: readonly {
    readonly tag: string;
    readonly appliedAt: number;
    readonly statements: number | null;
  }[];
  readonly effects: readonly RollbackEffect[];
  readonly losses: readonly RollbackLoss[];
}

/** Counts what a rollback would touch. Reads only, though it counts every row that is concerned. */
export async function previewRollback(
  executor: Executor,
  migrations: readonly UndoneMigration[],
  options: { readonly target: 'server' | 'embedded'; readonly stash: boolean },
): Promise<RollbackPreview> {
  const stashes = await readStashes(executor);
  const effects: RollbackEffect[] = [];
  for (const undone of migrations) {
    const { migration } = undone;
    const { tag, hash } = migration;
    for (const item of lossOf(undone))
      effects.push({
        ...describeItem(tag, item),
        kind: options.stash ? 'set-aside' : 'lost',
        ...(await measure(executor, item)),
      });
    for (const item of migration.stash ?? []) {
      const kept = findStash(stashes, tag, hash, item);
      effects.push({
        ...describeItem(tag, item),
        kind: kept === undefined ? 'not-restored' : 'restored',
        rows: kept?.rows ?? null,
        bytes: null,
      });
    }
  }
  return {
    undone: migrations.map(({ migration, down, appliedAt }) => ({
      tag: migration.tag,
      appliedAt,
      statements: 'lossy' in down ? down[options.target].length : null,
    })),
    effects,
    losses: effects.flatMap(toLoss),
  };
}

function toLoss({ kind, tag, table, columns, rows }: RollbackEffect): RollbackLoss[] {
  if (kind === 'not-restored') return [{ tag, kind: 'not-stashed', table, columns, rows }];
  return kind === 'lost' && rows !== 0 ? [{ tag, kind: 'stash-off', table, columns, rows }] : [];
}

function describeItem(tag: string, { from, to, columns }: StashItem) {
  return { tag, table: from.name, columns: columns.map((column) => column.from), isWhole: to === null };
}

function findStash(
  stashes: readonly Stash[],
  tag: string,
  hash: string,
  { from }: StashItem,
): Stash | undefined {
  return stashes.find(
    (stash) =>
      stash.direction === 'up' &&
      stash.tag === tag &&
      stash.hash === hash &&
      stash.item.from.name === from.name &&
      stash.item.from.schema === from.schema,
  );
}

async function measure(
  executor: Executor,
  { from }: StashItem,
): Promise<Pick<RollbackEffect, 'rows' | 'bytes'>> {
  const table = formatQualifiedName(from);
  const [found] = await executor.query<{ bytes: string | null }>(
    'SELECT pg_total_relation_size(to_regclass($1::text))::text AS bytes',
    [table],
  );
  if (found === undefined || found.bytes === null) return { rows: null, bytes: null };
  const [row] = await executor.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${table}`);
  return { rows: Number(row?.rows ?? 0), bytes: Number(found.bytes) };
}
