import { type StashItem, stashItemSchema } from '@lockstep/protocol';
import type { Executor } from '../executor/executor.ts';
import { existingTables } from '../tracking-schema.ts';

/** Which way data was going when it was put into a stash. */
export type StashDirection = 'up' | 'down';

/** What a stash keeps, and where. */
export interface Stash {
  readonly id: string;
  readonly tag: string;
  /** sha256 of the migration's file: another file under the same tag is another migration. */
  readonly hash: string;
  readonly direction: StashDirection;
  readonly item: StashItem;
  readonly rows: number;
  /** Where the sequences of its columns stood, by column. */
  readonly sequences: Readonly<Record<string, { readonly last: string; readonly called: boolean }>>;
  /** Milliseconds since 1970. */
  readonly stashedAt: number;
}

export type StashKey = Pick<Stash, 'tag' | 'hash' | 'direction'>;

const TABLE = `CREATE TABLE IF NOT EXISTS lockstep.stash (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tag text NOT NULL,
  hash text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('up', 'down')),
  item jsonb NOT NULL,
  rows bigint NOT NULL DEFAULT 0,
  sequences jsonb NOT NULL DEFAULT '{}',
  stashed_at timestamptz NOT NULL DEFAULT clock_timestamp()
)`;

/** The table that holds a stash's rows. There is none for a stash of no rows. */
export function stashRelation(id: string): string {
  return `lockstep.stash_${id}`;
}

export async function hasStashTable(executor: Executor): Promise<boolean> {
  return (await existingTables(executor, ['lockstep.stash'])).size > 0;
}

/** Every stash, oldest first; none where nothing was ever stashed. */
export async function readStashes(executor: Executor): Promise<readonly Stash[]> {
  return (await hasStashTable(executor)) ? selectStashes(executor, '') : [];
}

/** Those of one migration in one direction. The table exists. */
export function findStashes(tx: Executor, { tag, hash, direction }: StashKey): Promise<readonly Stash[]> {
  return selectStashes(tx, 'WHERE tag = $1::text AND hash = $2::text AND direction = $3::text', [
    tag,
    hash,
    direction,
  ]);
}

/** Creates what is missing. */
export async function insertStash(
  tx: Executor,
  { tag, hash, direction }: StashKey,
  item: StashItem,
): Promise<string> {
  await tx.exec(TABLE);
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO lockstep.stash (tag, hash, direction, item)
     VALUES ($1::text, $2::text, $3::text, $4::text::jsonb) RETURNING id::text AS id`,
    [tag, hash, direction, JSON.stringify(item)],
  );
  if (row === undefined) throw new Error('Assertion failed: INSERT … RETURNING answered no row.');
  return row.id;
}

/** Forgets a stash with its rows. */
export async function dropStash(tx: Executor, { id }: Pick<Stash, 'id'>): Promise<void> {
  await tx.exec(`DROP TABLE IF EXISTS ${stashRelation(id)}`);
  await tx.query('DELETE FROM lockstep.stash WHERE id = $1::text::bigint', [id]);
}

async function selectStashes(
  executor: Executor,
  where: string,
  params: readonly string[] = [],
): Promise<readonly Stash[]> {
  const rows = await executor.query<Record<string, string>>(
    `SELECT id::text AS id, tag, hash, direction, item::text AS item, rows::text AS rows,
       sequences::text AS sequences, (extract(epoch FROM stashed_at) * 1000)::bigint::text AS at
     FROM lockstep.stash ${where} ORDER BY stash.id`,
    params,
  );
  return rows.map(({ id, tag, hash, direction, item, rows: count, sequences, at }) => ({
    id: String(id),
    tag: String(tag),
    hash: String(hash),
    direction: direction === 'up' ? 'up' : 'down',
    item: stashItemSchema.parse(JSON.parse(String(item))),
    rows: Number(count),
    sequences: JSON.parse(String(sequences)) as Stash['sequences'],
    stashedAt: Number(at),
  }));
}
