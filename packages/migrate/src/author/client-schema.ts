import type { ClientSchema, ColumnFact, TableFact } from '@lockstep/protocol';
import type { Introspection, TableInfo } from './introspection.ts';

/** The client-visible schema of a version. */
export function toClientSchema(introspection: Introspection): ClientSchema {
  return {
    types: introspection.enums.map(({ schema, name, labels }) => ({
      schema,
      name,
      labels: labels.map(({ text }) => text),
    })),
    tables: introspection.tables.map(toTableFact),
  };
}

function toTableFact(table: TableInfo): TableFact {
  return {
    schema: table.schema,
    name: table.name,
    columns: table.columns.map((column): ColumnFact => {
      const keyIndex = table.key?.attnums.indexOf(column.attnum) ?? -1;
      return {
        name: column.name,
        type: column.type,
        notNull: column.notNull,
        keyIndex: keyIndex === -1 ? null : keyIndex,
        default: column.default,
        generated: column.generated,
      };
    }),
    constraints: table.constraints.map(({ name, kind, columns, definition }) => ({
      name,
      kind,
      columns: [...columns],
      definition,
    })),
  };
}
