import { formatQualifiedName, quoteIdentifier } from '@lockstep/protocol';
import type { TableName } from './token-reader.ts';

/** How a table is called in lists, footprints and reports: `items`, or `app.items` outside the schema `public`. */
export function tableLabel(table: TableName): string {
  return table.schema === null || table.schema === 'public' ? table.name : `${table.schema}.${table.name}`;
}

/** `"items"` or `"app"."items"`: with a schema only where the source named one. */
export function formatTableName(table: TableName): string {
  return table.schema === null
    ? quoteIdentifier(table.name)
    : formatQualifiedName({ schema: table.schema, name: table.name });
}
