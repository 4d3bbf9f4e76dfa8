import type { Column } from 'drizzle-orm';

/** How a column without an editor of its own is shown and edited. */
export type ColumnKind =
  | { readonly kind: 'read-only' }
  | { readonly kind: 'number'; readonly isWhole: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'date' }
  | { readonly kind: 'instant' }
  | { readonly kind: 'digits' }
  | { readonly kind: 'text' };

/** From what Drizzle knows of the column, so that a column added to the schema can be edited without further code. */
export function columnKind(column: Column): ColumnKind {
  const isMadeByDatabase = column.generated !== undefined || column.generatedIdentity !== undefined;
  if (column.primary || isMadeByDatabase) return { kind: 'read-only' };
  const { dataType, columnType, enumValues } = column;
  if (dataType === 'number') return { kind: 'number', isWhole: /Int|Serial/.test(columnType) };
  if (dataType === 'boolean') return { kind: 'boolean' };
  if (dataType === 'bigint') return { kind: 'digits' };
  if (dataType === 'date') return { kind: columnType === 'PgDate' ? 'date' : 'instant' };
  if (dataType !== 'string' || columnType === 'PgUUID') return { kind: 'read-only' };
  if (columnType === 'PgDateString') return { kind: 'date' };
  if (enumValues !== undefined && enumValues.length > 0) return { kind: 'choice', options: enumValues };
  return { kind: 'text' };
}
