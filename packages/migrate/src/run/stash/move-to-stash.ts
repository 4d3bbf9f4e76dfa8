import { formatQualifiedName, type StashItem } from '@lockstep/protocol';
import type { Executor } from '../executor/executor.ts';
import { copySql, markSql, noteSql } from './stash-sql.ts';
import {
  dropStash,
  findStashes,
  hasStashTable,
  insertStash,
  type Stash,
  type StashKey,
} from './stash-table.ts';
import { withTextSettings } from './text-settings.ts';

/** How many rows were put into a stash, or out of it again. */
export interface StashCount {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

/**
 * Copies what a migration is about to lose, in its own transaction. The tables are locked against writers until that
 * ends, so that nothing is written behind the copy and lost. An earlier stash of the same step gives way.
 */
export async function moveToStash(
  tx: Executor,
  key: StashKey,
  items: readonly StashItem[],
): Promise<readonly StashCount[]> {
  if (items.length === 0) return [];
  if (await hasStashTable(tx)) for (const stash of await findStashes(tx, key)) await dropStash(tx, stash);
  const counts: StashCount[] = [];
  await withTextSettings(tx, async () => {
    for (const item of items) counts.push(await moveItem(tx, key, item));
  });
  return counts;
}

async function moveItem(tx: Executor, key: StashKey, item: StashItem): Promise<StashCount> {
  const table = formatQualifiedName(item.from);
  await tx.exec(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
  const id = await insertStash(tx, key, item);
  const [{ isFilled } = { isFilled: false }] = await tx.query<{ isFilled: boolean }>(
    `SELECT EXISTS (SELECT FROM ${table}) AS "isFilled"`,
  );
  if (isFilled) await tx.exec(copySql(id, item));
  const sequences = await readSequences(tx, item);
  const count = isFilled ? `(SELECT count(*) FROM lockstep.stash_${id})` : '0';
  const [row] = await tx.query<{ rows: string }>(
    `UPDATE lockstep.stash SET rows = ${count}, sequences = $2::text::jsonb WHERE id = $1::text::bigint
     RETURNING rows::text AS rows`,
    [id, JSON.stringify(sequences)],
  );
  return {
    table: item.from.name,
    columns: item.columns.map(({ from }) => from),
    rows: Number(row?.rows ?? 0),
  };
}

/** Where the sequences of the columns stand: numbers that were given out are not given out again. */
async function readSequences(tx: Executor, item: StashItem): Promise<Stash['sequences']> {
  const found: Record<string, { last: string; called: boolean }> = {};
  for (const { from: column } of item.columns) {
    const name = await sequenceOf(tx, item, column);
    if (name === null) continue;
    const [row] = await tx.query<{ last: string; called: boolean }>(
      `SELECT last_value::text AS last, is_called AS called FROM ${name}`,
    );
    if (row !== undefined) found[column] = { last: row.last, called: row.called };
  }
  return found;
}

/** The sequence of a serial or identity column, as SQL; null where it has none. */
export async function sequenceOf(tx: Executor, item: StashItem, column: string): Promise<string | null> {
  const [row] = await tx.query<{ name: string | null }>(
    'SELECT pg_get_serial_sequence($1::text, $2::text) AS name',
    [formatQualifiedName(item.from), column],
  );
  return row?.name ?? null;
}

/** Notes what the migration made of values whose type it changed. After its statements, in the same transaction. */
export async function noteChanged(tx: Executor, key: StashKey): Promise<void> {
  await runForEach(tx, key, noteSql);
}

/** Marks the values that are still so. Before the step in the other direction changes them. */
export async function markUnchanged(tx: Executor, key: StashKey): Promise<void> {
  await runForEach(tx, key, markSql);
}

async function runForEach(
  tx: Executor,
  key: StashKey,
  toSql: (id: string, item: StashItem) => string | null,
): Promise<void> {
  if (!(await hasStashTable(tx))) return;
  await withTextSettings(tx, async () => {
    for (const { id, item, rows } of await findStashes(tx, key)) {
      const sql = rows === 0 ? null : toSql(id, item);
      if (sql !== null) await tx.exec(sql);
    }
  });
}
