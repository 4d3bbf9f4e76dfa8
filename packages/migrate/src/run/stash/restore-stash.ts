import { formatQualifiedName, isLockstepError, LockstepError, quoteIdentifier } from '@lockstep/protocol';
import type { Executor } from '../executor/executor.ts';
import { readSqlError } from '../sql-error.ts';
import { type StashCount, sequenceOf } from './move-to-stash.ts';
import { deleteStrangersSql, restoreColumnsSql, restoreTableSql } from './stash-sql.ts';
import { dropStash, findStashes, hasStashTable, type Stash, type StashKey } from './stash-table.ts';
import { withTextSettings } from './text-settings.ts';

/**
 * Brings back what the step in the other direction lost, and forgets the stash. Rows that were inserted in between keep
 * the column's default, rows that were deleted stay deleted. The tables' own triggers don't fire: these are no changes
 * of anybody. Throws STASH_FAILED.
 */
export async function restoreStash(tx: Executor, key: StashKey): Promise<readonly StashCount[]> {
  if (!(await hasStashTable(tx))) return [];
  const stashes = await findStashes(tx, key);
  const filled = stashes.filter(({ rows }) => rows > 0);
  if (filled.length > 0) await withTextSettings(tx, () => restoreAll(tx, filled));
  for (const stash of stashes) await dropStash(tx, stash);
  return stashes.map(({ item, rows }) => ({
    table: item.from.name,
    columns: item.columns.map(({ from }) => from),
    rows,
  }));
}

/** Whole tables before columns that may refer to them, and what was too many in them last. */
async function restoreAll(tx: Executor, stashes: readonly Stash[]): Promise<void> {
  const tables = await inReferenceOrder(
    tx,
    stashes.filter(({ item }) => item.to === null),
  );
  const strangers: (() => Promise<void>)[] = [];
  for (const stash of tables) {
    await attempt(stash, async () => {
      const key = await keyOf(tx, stash);
      if (key !== null) strangers.unshift(() => tx.exec(deleteStrangersSql(stash.id, stash.item, key)));
      await withoutTriggers(tx, stash, async () => {
        if (key === null) await tx.exec(`DELETE FROM ${formatQualifiedName(stash.item.from)}`);
        await tx.exec(restoreTableSql(stash.id, stash.item, key));
      });
    });
  }
  for (const stash of stashes.filter(({ item }) => item.to !== null)) {
    await attempt(stash, () =>
      withoutTriggers(tx, stash, () =>
        withWritableIdentity(tx, stash, () => tx.exec(restoreColumnsSql(stash.id, stash.item))),
      ),
    );
  }
  for (const remove of strangers) await remove();
  for (const stash of stashes) await attempt(stash, () => restoreSequences(tx, stash));
}

async function attempt(stash: Stash, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (isLockstepError(cause) || readSqlError(cause) === null) throw cause;
    const { from } = stash.item;
    throw new LockstepError('STASH_FAILED', {
      message: `The ${stash.rows} rows of ${from.name} that ${stash.tag} had put aside can't be put back: ${readSqlError(cause)?.message ?? ''}`,
      remedy: `Nothing was changed, and lockstep.stash_${stash.id} still has them. Change what is in their way, or run with --no-stash to leave them there.`,
      details: { tag: stash.tag, table: from.name, stash: stash.id, sqlState: readSqlError(cause)?.sqlState },
      cause,
    });
  }
}

/** The primary key, where there are rows already over which the stash's go; null otherwise. */
async function keyOf(tx: Executor, { item }: Stash): Promise<readonly string[] | null> {
  const rows = await tx.query<{ name: string }>(
    `SELECT a.attname AS name FROM pg_constraint con, unnest(con.conkey) WITH ORDINALITY AS k(attnum, position)
     JOIN pg_attribute a ON a.attrelid = to_regclass($1::text) AND a.attnum = k.attnum
     WHERE con.conrelid = to_regclass($1::text) AND con.contype = 'p' ORDER BY k.position`,
    [formatQualifiedName(item.from)],
  );
  return rows.length === 0 ? null : rows.map(({ name }) => name);
}

/** Those that others refer to first. */
async function inReferenceOrder(tx: Executor, stashes: readonly Stash[]): Promise<readonly Stash[]> {
  const names = stashes.map(({ item }) => formatQualifiedName(item.from));
  const references = await tx.query<{ from: number; to: number }>(
    `SELECT f.position::int4 - 1 AS "from", t.position::int4 - 1 AS "to"
     FROM pg_constraint con
     JOIN unnest($1::text::text[]) WITH ORDINALITY AS f(name, position) ON con.conrelid = to_regclass(f.name)
     JOIN unnest($1::text::text[]) WITH ORDINALITY AS t(name, position) ON con.confrelid = to_regclass(t.name)
     WHERE con.contype = 'f' AND con.conrelid <> con.confrelid`,
    [`{${names.map((name) => JSON.stringify(name)).join(',')}}`],
  );
  const ordered: Stash[] = [];
  const visited = new Set<number>();
  const visit = (index: number) => {
    const stash = stashes[index];
    if (stash === undefined || visited.has(index)) return;
    visited.add(index);
    for (const { from, to } of references) if (from === index) visit(to);
    ordered.push(stash);
  };
  for (const index of stashes.keys()) visit(index);
  return ordered;
}

const STATES: Readonly<Record<string, string>> = { O: 'ENABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' };

async function withoutTriggers(tx: Executor, { item }: Stash, work: () => Promise<void>): Promise<void> {
  const table = formatQualifiedName(item.from);
  const triggers = await tx.query<{ name: string; state: string }>(
    `SELECT tgname AS name, tgenabled::text AS state FROM pg_trigger
     WHERE tgrelid = to_regclass($1::text) AND NOT tgisinternal AND tgenabled <> 'D'`,
    [table],
  );
  if (triggers.length > 0) await tx.exec(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await work();
  // What waits for the commit would keep the next ALTER TABLE from running.
  await tx.exec('SET CONSTRAINTS ALL IMMEDIATE');
  for (const { name, state } of triggers)
    await tx.exec(`ALTER TABLE ${table} ${STATES[state] ?? 'ENABLE'} TRIGGER ${quoteIdentifier(name)}`);
}

/** GENERATED ALWAYS AS IDENTITY takes no value from an UPDATE. */
async function withWritableIdentity(tx: Executor, { item }: Stash, work: () => Promise<void>): Promise<void> {
  const table = formatQualifiedName(item.from);
  const [row] = await tx.query<{ names: string }>(
    `SELECT coalesce(json_agg(attname), '[]')::text AS names FROM pg_attribute
     WHERE attrelid = to_regclass($1::text) AND attidentity = 'a' AND NOT attisdropped`,
    [table],
  );
  const always = (JSON.parse(row?.names ?? '[]') as string[]).filter((name) =>
    item.columns.some(({ from }) => from === name),
  );
  const set = (when: string) => {
    const actions = always.map((name) => `ALTER COLUMN ${quoteIdentifier(name)} SET GENERATED ${when}`);
    return actions.length === 0 ? Promise.resolve() : tx.exec(`ALTER TABLE ${table} ${actions.join(', ')}`);
  };
  await set('BY DEFAULT');
  await work();
  if (always.length > 0) await tx.exec('SET CONSTRAINTS ALL IMMEDIATE');
  await set('ALWAYS');
}

async function restoreSequences(tx: Executor, { item, sequences }: Stash): Promise<void> {
  for (const [column, { last, called }] of Object.entries(sequences)) {
    const name = await sequenceOf(tx, item, column);
    if (name === null) continue;
    await tx.query('SELECT setval($1::text::regclass, $2::text::bigint, $3::text::boolean)', [
      name,
      last,
      String(called),
    ]);
  }
}
