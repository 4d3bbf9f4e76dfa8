import { formatQualifiedName, quoteIdentifier, type StashItem } from '@lockstep/protocol';
import { stashRelation } from './stash-table.ts';

/**
 * The SQL of a stash, whose table holds everything as text, for types may be gone meanwhile: `k0 …` the matched columns,
 * `n` the number of the row among equal ones, `c0 …` the values, and for a column whose type changes `a0 …` the value
 * that the migration made of it, and `s0 …` whether it still has that one.
 */

/** Copies what is about to be lost. */
export function copySql(id: string, item: StashItem): string {
  const columns = [
    ...item.match.map(({ from }, index) => `t.${quoteIdentifier(from)}::text AS k${index}`),
    `${rowNumber(item, 'from')} AS n`,
    ...item.columns.map(({ from }, index) => `t.${quoteIdentifier(from)}::text AS c${index}`),
    ...retyped(item).flatMap(({ index }) => [`NULL::text AS a${index}`, `false AS s${index}`]),
  ];
  return `CREATE TABLE ${stashRelation(id)} AS SELECT ${columns.join(', ')} FROM ${formatQualifiedName(item.from)} AS t`;
}

/** Notes what became of values whose type changed; null where nothing did. */
export function noteSql(id: string, item: StashItem): string | null {
  const columns = retyped(item);
  if (columns.length === 0 || item.to === null) return null;
  const set = columns.map(({ index }) => `a${index} = t.v${index}`).join(', ');
  return `UPDATE ${stashRelation(id)} AS s SET ${set} FROM ${crossed(item)} AS t WHERE ${matches(item)}`;
}

/** Marks values that are still as the migration made them: only those get their old value back. */
export function markSql(id: string, item: StashItem): string | null {
  const columns = retyped(item);
  if (columns.length === 0 || item.to === null) return null;
  const set = columns
    .map(({ index }) => `s${index} = (s.a${index} IS NOT DISTINCT FROM t.v${index})`)
    .join(', ');
  return `UPDATE ${stashRelation(id)} AS s SET ${set} FROM ${crossed(item)} AS t WHERE ${matches(item)}`;
}

/** Puts columns back into the rows that are still there. */
export function restoreColumnsSql(id: string, item: StashItem): string {
  const table = formatQualifiedName(item.from);
  const set = item.columns.map(({ from, to, type }, index) => {
    const column = quoteIdentifier(from);
    const value = `s.c${index}::${type}`;
    return `${column} = ${to === null ? value : `CASE WHEN s.s${index} THEN ${value} ELSE target.${column} END`}`;
  });
  if (item.isKey) {
    const same = item.match.map(({ from }, index) => `target.${quoteIdentifier(from)}::text = s.k${index}`);
    return `UPDATE ${table} AS target SET ${set.join(', ')} FROM ${stashRelation(id)} AS s WHERE ${same.join(' AND ')}`;
  }
  const keys = item.match.map(({ from }, index) => `t.${quoteIdentifier(from)}::text AS k${index}`);
  const rows = `(SELECT ${['t.ctid AS place', ...keys, `${rowNumber(item, 'from')} AS n`].join(', ')} FROM ${table} AS t)`;
  return `UPDATE ${table} AS target SET ${set.join(', ')} FROM ${rows} AS t JOIN ${stashRelation(id)} AS s ON ${matches(item)} WHERE target.ctid = t.place`;
}

/** Puts a whole table's rows back; over those that the migration itself has just written (`key` null: there are none). */
export function restoreTableSql(id: string, item: StashItem, key: readonly string[] | null): string {
  const columns = item.columns.map(({ from }) => quoteIdentifier(from));
  const values = item.columns.map(({ type }, index) => `s.c${index}::${type}`);
  const insert = `INSERT INTO ${formatQualifiedName(item.from)} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE SELECT ${values.join(', ')} FROM ${stashRelation(id)} AS s`;
  if (key === null) return insert;
  const names = key.map((name) => quoteIdentifier(name)).join(', ');
  const set = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  return `${insert} ON CONFLICT (${names}) DO UPDATE SET ${set}`;
}

/** Rows that the stash doesn't know: the migration wrote them anew, and somebody had deleted them before. */
export function deleteStrangersSql(id: string, item: StashItem, key: readonly string[]): string {
  const same = key.map((name) => {
    const index = item.columns.findIndex(({ from }) => from === name);
    return `s.c${index} = t.${quoteIdentifier(name)}::text`;
  });
  return `DELETE FROM ${formatQualifiedName(item.from)} AS t WHERE NOT EXISTS (SELECT FROM ${stashRelation(id)} AS s WHERE ${same.join(' AND ')})`;
}

function retyped(item: StashItem) {
  return item.columns.flatMap(({ to }, index) => (to === null ? [] : [{ index, to }]));
}

/** The table on the other side, with the matched columns and the changed values as text. */
function crossed(item: StashItem): string {
  const columns = [
    ...item.match.map(({ to }, index) => `t.${quoteIdentifier(to)}::text AS k${index}`),
    `${rowNumber(item, 'to')} AS n`,
    ...retyped(item).map(({ to, index }) => `t.${quoteIdentifier(to)}::text AS v${index}`),
  ];
  return `(SELECT ${columns.join(', ')} FROM ${formatQualifiedName(item.to ?? item.from)} AS t)`;
}

/** Equal rows are told apart by their order, which a change of type leaves as it is. */
function rowNumber(item: StashItem, side: 'from' | 'to'): string {
  if (item.isKey || item.to === null) return '0';
  if (item.match.length === 0) return 'row_number() OVER (ORDER BY t.ctid)';
  const keys = item.match.map((column) => `t.${quoteIdentifier(column[side])}::text`).join(', ');
  return `row_number() OVER (PARTITION BY ${keys} ORDER BY t.ctid)`;
}

/** A row as a whole is compared as one text, in which NULL and '' differ, so that the planner can hash it. */
function matches(item: StashItem): string {
  if (item.isKey) return item.match.map((_, index) => `t.k${index} = s.k${index}`).join(' AND ');
  const row = (alias: string) =>
    `ROW(${item.match.map((_, index) => `${alias}.k${index}`).join(', ')})::text`;
  return `${item.match.length === 0 ? '' : `${row('t')} = ${row('s')} AND `}t.n = s.n`;
}
