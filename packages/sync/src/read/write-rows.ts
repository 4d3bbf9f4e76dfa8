import type { Transaction } from '@electric-sql/pglite';
import { quoteIdentifier, type RowText } from '@lockstep/protocol';
import type { NetChanges } from './batch.ts';
import { encodeCopyText } from './copy-text.ts';
import type { LocalColumn } from './table.ts';

/** Where rows go: a table or the staging table beside it. */
export interface RowTarget {
  /** Quoted and qualified. */
  readonly relation: string;
  /** The columns that the shape has, which are all that is ever compared or set. */
  readonly columns: readonly LocalColumn[];
  readonly key: readonly string[];
}

/** A statement's arrays stay below this many rows, so that neither side holds a huge message. */
const STATEMENT_ROWS_MAX = 5_000;

/** Writes new rows, none of which may be there yet. */
export async function copyRows(tx: Transaction, target: RowTarget, rows: readonly RowText[]): Promise<void> {
  const names = target.columns.map(({ name }) => name);
  const list = names.map(quoteIdentifier).join(', ');
  await tx.query(`COPY ${target.relation} (${list}) FROM '/dev/blob'`, [], {
    blob: encodeCopyText(rows, names),
  });
}

/** Writes the net effect of a batch, whatever is there: a few statements, not one a row. */
export async function writeNetChanges(tx: Transaction, target: RowTarget, net: NetChanges): Promise<void> {
  for (const rows of chunks(net.deletes)) await deleteRows(tx, target, rows);
  for (const rows of chunks(net.upserts)) await upsertRows(tx, target, rows);
  for (const [columns, group] of groupByColumns(target, net.updates)) {
    for (const rows of chunks(group)) await updateRows(tx, target, columns, rows);
  }
}

async function upsertRows(tx: Transaction, target: RowTarget, rows: readonly RowText[]): Promise<void> {
  const names = target.columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const key = target.key.map(quoteIdentifier).join(', ');
  const rest = target.columns.filter(({ name }) => !target.key.includes(name));
  const set = rest.map(({ name }) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`);
  await tx.query(
    `INSERT INTO ${target.relation} (${names}) SELECT ${casts(target.columns)} FROM ${unnest(target.columns)}
     ON CONFLICT (${key}) DO ${set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`}`,
    arrays(target.columns, rows),
  );
}

async function updateRows(
  tx: Transaction,
  target: RowTarget,
  columns: readonly LocalColumn[],
  rows: readonly RowText[],
): Promise<void> {
  const set = columns.flatMap(({ name, type }, index) =>
    target.key.includes(name) ? [] : [`${quoteIdentifier(name)} = v.v${index}::${type}`],
  );
  if (set.length === 0) return;
  await tx.query(
    `UPDATE ${target.relation} AS t SET ${set.join(', ')} FROM ${unnest(columns)} WHERE ${matches(target, columns)}`,
    arrays(columns, rows),
  );
}

async function deleteRows(tx: Transaction, target: RowTarget, rows: readonly RowText[]): Promise<void> {
  const columns = keyColumns(target);
  await tx.query(
    `DELETE FROM ${target.relation} AS t USING ${unnest(columns)} WHERE ${matches(target, columns)}`,
    arrays(columns, rows),
  );
}

function keyColumns(target: RowTarget): readonly LocalColumn[] {
  return target.columns.filter(({ name }) => target.key.includes(name));
}

function matches(target: RowTarget, columns: readonly LocalColumn[]): string {
  return columns
    .flatMap(({ name, type }, index) =>
      target.key.includes(name) ? [`t.${quoteIdentifier(name)} = v.v${index}::${type}`] : [],
    )
    .join(' AND ');
}

/** Values travel as arrays of text and get their type in SQL: each type's own input function reads them. */
function unnest(columns: readonly LocalColumn[]): string {
  const parameters = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  return `unnest(${parameters}) AS v(${columns.map((_, index) => `v${index}`).join(', ')})`;
}

function casts(columns: readonly LocalColumn[]): string {
  return columns.map(({ type }, index) => `v.v${index}::${type}`).join(', ');
}

function arrays(columns: readonly LocalColumn[], rows: readonly RowText[]): string[] {
  return columns.map(({ name }) => formatTextArray(rows.map((row) => row[name] ?? null)));
}

/** A `text[]` literal. */
function formatTextArray(values: readonly (string | null)[]): string {
  const parts = values.map((value) =>
    value === null ? 'NULL' : `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  );
  return `{${parts.join(',')}}`;
}

/** Updates carry the changed columns only: those that changed the same ones share a statement. */
function groupByColumns(
  target: RowTarget,
  rows: readonly RowText[],
): ReadonlyMap<readonly LocalColumn[], readonly RowText[]> {
  const groups = new Map<string, { readonly columns: readonly LocalColumn[]; readonly rows: RowText[] }>();
  for (const row of rows) {
    const columns = target.columns.filter(({ name }) => name in row);
    const signature = columns.map(({ name }) => name).join('\n');
    const group = groups.get(signature);
    if (group === undefined) groups.set(signature, { columns, rows: [row] });
    else group.rows.push(row);
  }
  return new Map([...groups.values()].map((group) => [group.columns, group.rows]));
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += STATEMENT_ROWS_MAX) {
    yield items.slice(start, start + STATEMENT_ROWS_MAX);
  }
}
