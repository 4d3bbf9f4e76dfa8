import type { Change } from '@lockstep/protocol';
import { tableLabel } from '../sql/table-name.ts';
import type { ColumnInfo, EnumInfo, TableInfo } from './introspection.ts';
import type { SchemaDiff, TableDiff } from './schema-diff.ts';

/** Tables, by OID, whose rows a migration writes. */
export interface RowWrites {
  /** Those that it names: their rows are in the footprint. */
  readonly written: ReadonlySet<number>;
  /** Those that it may write besides, through triggers, foreign keys, functions or dynamic SQL. */
  readonly touched: (oid: number) => boolean;
}

/** What a migration does to what clients see, in an order that depends on the change alone. */
export function toFootprint(diff: SchemaDiff, writes: RowWrites): readonly Change[] {
  const created = diff.createdTables.map((table) => tableLabel(table));
  return [
    ...diff.droppedTables.map((table): Change => ({ kind: 'drop-table', table: tableLabel(table) })),
    ...enumChanges(diff),
    ...diff.keptTables.flatMap((table) => tableChanges(table, writes)),
    ...created.map((table): Change => ({ kind: 'create-table', table })),
    ...diff.after.tables
      .filter((table) => writes.written.has(table.oid))
      .map((table): Change => ({ kind: 'write-rows', table: nameBefore(diff, table) })),
  ];
}

function nameBefore(diff: SchemaDiff, table: TableInfo): string {
  return tableLabel(diff.before.tables.find(({ oid }) => oid === table.oid) ?? table);
}

function tableChanges(diff: TableDiff, writes: RowWrites): readonly Change[] {
  const table = tableLabel(diff.before);
  const to = tableLabel(diff.after);
  const isTouched = writes.written.has(diff.after.oid) || writes.touched(diff.after.oid);
  const changes: Change[] = table === to ? [] : [{ kind: 'rename-table', table, to }];
  for (const { name } of diff.droppedColumns) changes.push({ kind: 'drop-column', table, column: name });
  for (const { before, after } of diff.keptColumns) changes.push(...columnChanges(table, before, after));
  for (const { column, fill } of diff.addedColumns) {
    const rowsDiffer = isTouched || fill.kind === 'unknown';
    changes.push({ kind: 'add-column', table, column: column.name, rowsDiffer });
  }
  if (diff.isKeyChanged) changes.push({ kind: 'alter-key', table });
  if (diff.areConstraintsChanged) changes.push({ kind: 'alter-constraints', table });
  return changes;
}

function columnChanges(table: string, before: ColumnInfo, after: ColumnInfo): readonly Change[] {
  const column = before.name;
  const changes: Change[] = [];
  if (column !== after.name) changes.push({ kind: 'rename-column', table, column, to: after.name });
  // An enum type that was made anew under its name is the enum's change, not the column's.
  if (before.typeId !== after.typeId && before.type !== after.type) {
    changes.push({ kind: 'alter-type', table, column, from: before.type, to: after.type });
  }
  if (before.notNull !== after.notNull) {
    changes.push({ kind: 'alter-nullability', table, column, notNull: after.notNull });
  }
  if (before.default !== after.default || before.generated !== after.generated) {
    changes.push({ kind: 'alter-default', table, column });
  }
  return changes;
}

function enumChanges(diff: SchemaDiff): readonly Change[] {
  const renewed = diff.droppedEnums.flatMap((before) => {
    const after = diff.createdEnums.find((type) => tableLabel(type) === tableLabel(before));
    return after === undefined ? [] : [{ before, after }];
  });
  return [...diff.keptEnums, ...renewed].flatMap(({ before, after }): Change[] => {
    const labels = { before: labelsOf(before), after: labelsOf(after) };
    const isRenamed = tableLabel(before) !== tableLabel(after);
    if (labels.before.join('\0') === labels.after.join('\0') && !isRenamed) return [];
    return [
      {
        kind: 'alter-enum',
        type: tableLabel(before),
        added: labels.after.filter((label) => !labels.before.includes(label)),
        removed: labels.before.filter((label) => !labels.after.includes(label)),
      },
    ];
  });
}

function labelsOf(type: EnumInfo): string[] {
  return type.labels.map(({ text }) => text);
}
