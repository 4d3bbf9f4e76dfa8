import { quoteIdentifier } from '@lockstep/protocol';

/** A column of the key that a backfill follows, with its type as `format_type` writes it. */
export interface KeyColumn {
  readonly name: string;
  readonly type: string;
}

/** What the SQL of a backfill is made of. `table` and the names are quoted by `describe…`, the rest is the author's SQL. */
export interface BatchShape {
  readonly table: string;
  /** The bare name of the table: what its columns are qualified with. */
  readonly alias: string;
  readonly key: readonly KeyColumn[];
  readonly where: string | null;
  readonly limit: number;
}

/** The table as SQL: `items` by the search path, `app.items` with its schema. */
export function parseTableName(table: string): { readonly sql: string; readonly alias: string } {
  const dot = table.indexOf('.');
  if (dot === -1) return { sql: quoteIdentifier(table), alias: quoteIdentifier(table) };
  const alias = quoteIdentifier(table.slice(dot + 1));
  return { sql: `${quoteIdentifier(table.slice(0, dot))}.${alias}`, alias };
}

/**
 * Writes the next rows and answers how many they were and the key of the last: no row when there are none left.
 * Parameters: the key that was reached, a text for each column, or none at the start.
 */
export function updateBatch(shape: BatchShape, set: string, isStart: boolean): string {
  const { table, alias, key } = shape;
  const names = key.map((_, index) => quoteIdentifier(`lockstep:${index + 1}`));
  const columns = key.map(({ name }, index) => `${alias}.${quoteIdentifier(name)} AS ${names[index]}`);
  const same = key.map(({ name }, index) => `${alias}.${quoteIdentifier(name)} = batch.${names[index]}`);
  return `WITH batch AS (
  SELECT ${columns.join(', ')} FROM ${table}
  WHERE ${condition(shape, isStart)} ORDER BY ${order(shape)} LIMIT ${shape.limit} FOR NO KEY UPDATE
), written AS (
  UPDATE ${table} SET ${set}
  FROM batch WHERE ${same.join(' AND ')} RETURNING 1
)
SELECT (SELECT count(*) FROM batch)::text AS rows, ${names.map((name, index) => `batch.${name}::text AS k${index}`).join(', ')}
FROM batch ORDER BY ${names.map((name) => `batch.${name} DESC`).join(', ')} LIMIT 1`;
}

/** The next rows whole, locked, each with its key as texts in `lockstep:key`. Parameters as for `updateBatch`. */
export function selectBatch(shape: BatchShape, isStart: boolean): string {
  const { table, alias, key } = shape;
  const keys = key.map(({ name }) => `${alias}.${quoteIdentifier(name)}::text`);
  return `SELECT ${alias}.*, json_build_array(${keys.join(', ')})::text AS "lockstep:key" FROM ${table}
  WHERE ${condition(shape, isStart)} ORDER BY ${order(shape)} LIMIT ${shape.limit} FOR NO KEY UPDATE`;
}

/** Rows that are still to come. Parameters as for `updateBatch`. */
export function selectRest(shape: BatchShape, isStart: boolean, what: string): string {
  return `SELECT ${what} FROM ${shape.table} WHERE ${condition(shape, isStart)}`;
}

function condition({ alias, key, where }: BatchShape, isStart: boolean): string {
  // On a line of its own: the author's SQL may end in a comment.
  const wanted = where === null ? 'true' : `(${where}\n)`;
  if (isStart) return wanted;
  const columns = key.map(({ name }) => `${alias}.${quoteIdentifier(name)}`);
  const reached = key.map(({ type }, index) => `$${index + 1}::text::${type}`);
  return `${wanted} AND ROW(${columns.join(', ')}) > ROW(${reached.join(', ')})`;
}

function order({ alias, key }: BatchShape): string {
  return key.map(({ name }) => `${alias}.${quoteIdentifier(name)}`).join(', ');
}
