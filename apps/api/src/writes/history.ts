import type { TableFact } from '@lockstep/protocol';
import type { Applied } from '@lockstep/sync/server';

/** The applied history's view of a name: what it is now, was once, or never was. */
export function findTable(applied: Applied, name: string): TableFact | undefined {
  return applied.schema.tables.find((table) => table.name === name);
}

export function everHadTable(applied: Applied, name: string): boolean {
  return applied.migrations.some(({ schema }) => schema.tables.some((table) => table.name === name));
}

export function everHadColumn(applied: Applied, table: string, column: string): boolean {
  return applied.migrations.some(({ schema }) => hasColumn(schema.tables, table, column));
}

/** True when the client was built for a migration that is not applied here (yet). */
export function isAhead(applied: Applied, version: string | null): boolean {
  return version !== null && !applied.migrations.some(({ tag }) => tag === version);
}

/** True when the client's version had the column; also when that version is not known here. */
export function clientHasColumn(applied: Applied, version: string | null, table: string, column: string) {
  const at = applied.migrations.find(({ tag }) => tag === version);
  return at === undefined || hasColumn(at.schema.tables, table, column);
}

function hasColumn(tables: readonly TableFact[], name: string, column: string): boolean {
  return tables.some((table) => table.name === name && table.columns.some((fact) => fact.name === column));
}
