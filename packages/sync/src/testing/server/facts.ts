import type { ClientSchema, ReplicaMigration, TableFact } from '@lockstep/protocol';

/** A table's facts for a test: `id:uuid` columns, the first of which is the key. */
export function tableFact(name: string, columns: readonly string[]): TableFact {
  return {
    schema: 'public',
    name,
    constraints: [],
    columns: columns.map((column, index) => {
      const [columnName = '', type = 'text'] = column.split(':');
      return {
        name: columnName,
        type,
        notNull: index === 0,
        keyIndex: index === 0 ? 0 : null,
        default: null,
        generated: false,
      };
    }),
  };
}

/** An applied entry that leads to these tables. Its chain is as long and as unlike others as a real one. */
export function migrationFact(index: number, tables: readonly TableFact[]): ReplicaMigration {
  const digest = (index + 1).toString(16).padStart(64, 'a');
  const schema: ClientSchema = { types: [], tables: [...tables] };
  return {
    tag: `${String(index).padStart(4, '0')}_step`,
    index,
    when: 1_700_000_000_000 + index,
    hash: digest,
    chain: digest,
    replica: { statements: [], hash: digest },
    schema,
    footprint: [],
    summary: [],
  };
}
