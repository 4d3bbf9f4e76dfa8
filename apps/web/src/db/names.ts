import type { Write } from '@lockstep/protocol';
import { type Column, getTableColumns, getTableName } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

type Values<T extends PgTable> = Partial<Record<keyof T['_']['columns'] & string, unknown>>;

/** The column behind a property of the schema: a rename in the database changes the one, not the other. */
export function columnOf(table: PgTable, property: string): Column {
  const column = (getTableColumns(table) as Readonly<Record<string, Column>>)[property];
  if (column === undefined) throw new Error(`${getTableName(table)} has no property ${property}.`);
  return column;
}

/** Values by property to values by column name, as writes carry them. */
function byColumn<T extends PgTable>(table: T, values: Values<T>): Record<string, never> {
  const named = Object.entries(values).map(([property, value]) => [columnOf(table, property).name, value]);
  return Object.fromEntries(named) as Record<string, never>;
}

export function insertOf<T extends PgTable>(table: T, values: Values<T>): Write {
  return { operation: 'insert', table: getTableName(table), values: byColumn(table, values) };
}

export function updateOf<T extends PgTable>(table: T, key: Values<T>, values: Values<T>): Write {
  return {
    operation: 'update',
    table: getTableName(table),
    key: byColumn(table, key),
    values: byColumn(table, values),
  };
}

export function deleteOf<T extends PgTable>(table: T, key: Values<T>): Write {
  return { operation: 'delete', table: getTableName(table), key: byColumn(table, key) };
}
