import type { Executor } from '@lockstep/migrate';
import { quoteIdentifier } from '@lockstep/protocol';
import { type Column, getTableColumns, getTableName } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** Writes rows of a Drizzle table as one JSON document: any number, on any engine. All rows have the same columns. */
export async function insertRows(db: Executor, table: PgTable, rows: readonly object[]): Promise<void> {
  const { name, columns, json } = prepare(table, rows);
  const list = columns.join(', ');
  await db.query(
    `INSERT INTO ${name} (${list}) SELECT ${list} FROM jsonb_populate_recordset(NULL::${name}, $1::text::jsonb)`,
    [json],
  );
}

/** Overwrites the rows with these keys. */
export async function updateRows(
  db: Executor,
  table: PgTable,
  key: Column,
  rows: readonly object[],
): Promise<void> {
  const { name, columns, json } = prepare(table, rows);
  const keyName = quoteIdentifier(key.name);
  const assignments = columns
    .filter((column) => column !== keyName)
    .map((column) => `${column} = r.${column}`);
  await db.query(
    `UPDATE ${name} AS t SET ${assignments.join(', ')}
     FROM jsonb_populate_recordset(NULL::${name}, $1::text::jsonb) AS r WHERE t.${keyName} = r.${keyName}`,
    [json],
  );
}

function prepare(table: PgTable, rows: readonly object[]) {
  const columns = getTableColumns(table);
  const named = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [columns[key]?.name ?? key, value])),
  );
  return {
    name: quoteIdentifier(getTableName(table)),
    columns: Object.keys(named[0] ?? {}).map(quoteIdentifier),
    json: JSON.stringify(named),
  };
}
