import { formatQualifiedName, quoteIdentifier } from '@lockstep/protocol';
import type { Catalogue, Column } from '../author/down/catalogue.ts';
import { readCatalogue } from '../author/down/read-catalogue.ts';
import type { Executor } from '../run/executor/executor.ts';

/** Puts rows into every table, whatever its columns: keys from `from` on, values that differ from row to row, some NULL. */
export async function fillTables(db: Executor, from: number, rows: number): Promise<void> {
  const catalogue = await db.transaction(readCatalogue);
  for (const table of catalogue.tables) {
    const key = catalogue.constraints.find((entry) => entry.kind === 'p' && entry.table === table.oid);
    const columns = table.columns.filter(
      ({ generated, identity }) => generated === null && identity === null,
    );
    const values = columns.map((column, index) =>
      valueOf(catalogue, column, index, key?.attnums.includes(column.attnum) ?? false),
    );
    const names = columns.map(({ name }) => quoteIdentifier(name));
    const target =
      names.length === 0 ? 'DEFAULT VALUES' : `(${names.join(', ')}) SELECT ${values.join(', ')}`;
    const series = names.length === 0 ? '' : ` FROM generate_series(${from}, ${from + rows - 1}) AS n`;
    await db.exec(`INSERT INTO ${formatQualifiedName(table)} ${target}${series}`);
  }
}

function valueOf(catalogue: Catalogue, column: Column, index: number, isKey: boolean): string {
  const value = expressionOf(catalogue, column);
  const isNullable = !isKey && !column.notNull;
  return isNullable ? `CASE WHEN (n + ${index}) % 4 = 0 THEN NULL ELSE ${value} END` : value;
}

function expressionOf(catalogue: Catalogue, { type, typeOid }: Column): string {
  const labels = catalogue.enums.find(({ oid }) => oid === typeOid)?.labels.map(({ text }) => text);
  if (labels !== undefined) {
    const picked = `(ARRAY[${labels.map((label) => `'${label}'`).join(', ')}])[1 + n % ${labels.length}]`;
    return type.endsWith('[]') ? `ARRAY[${picked}]::${type}` : `${picked}::${type}`;
  }
  const known: Readonly<Record<string, string>> = {
    text: "'it''s ' || n || E' \\\\ é'",
    boolean: '(n % 2 = 0)',
    'integer[]': 'ARRAY[n, -n]',
    jsonb: "jsonb_build_object('n', n, 'x', NULL)",
    'numeric(10,2)': '(n / 7.0)::numeric(10,2)',
  };
  return known[type] ?? `n::${type}`;
}

/** Every row of every table as text, sorted: what may not change. */
export async function readRows(db: Executor): Promise<Readonly<Record<string, readonly string[]>>> {
  const { tables } = await db.transaction(readCatalogue);
  const found: Record<string, readonly string[]> = {};
  for (const table of tables) {
    const columns = table.columns
      .map(({ name }) => name)
      .sort()
      .map((name) => `'${name.replaceAll("'", "''")}', t.${quoteIdentifier(name)}::text`);
    const rows = await db.query<{ row: string }>(
      `SELECT json_build_array(${columns.join(', ')})::text AS row FROM ${formatQualifiedName(table)} AS t ORDER BY 1`,
    );
    found[`${table.schema}.${table.name}`] = rows.map(({ row }) => row);
  }
  return found;
}
