import type { Change, Column, Relation, RowValues, Transaction } from '../source/source.ts';
import type { ShapeDefinition } from './definition.ts';

/** A message that lacks only its `last` mark: `head`, the mark, `tail`. */
export interface DraftMessage {
  readonly operation: number;
  readonly head: string;
  readonly tail: string;
}

export const LAST_MARK = '"last":true,';

/** Turns row changes into a shape's messages. Bound to one description of the table. */
export interface MessageWriter {
  readonly relation: Relation;
  /** Appends the messages of the change to `drafts`: none, one, or two for a change of the key. */
  write(change: Change, transaction: TransactionText, drafts: DraftMessage[]): void;
}

/** The parts of a message that all of a transaction share. */
export interface TransactionText {
  readonly lsn: string;
  readonly txids: string;
}

export function transactionText(transaction: Transaction): TransactionText {
  return { lsn: `"lsn":"${transaction.lsn}","op_position":`, txids: `,"txids":[${transaction.xid}]` };
}

interface BoundColumn {
  readonly index: number;
  /** `"name":` */
  readonly label: string;
  readonly isKey: boolean;
}

/** The relation must match the definition (see `matchesRelation`). */
export function createMessageWriter(definition: ShapeDefinition, relation: Relation): MessageWriter {
  const indexOf = (column: Column) => relation.columns.findIndex((found) => found.name === column.name);
  const columns: readonly BoundColumn[] = definition.columns.map((column) => ({
    index: indexOf(column),
    label: `${JSON.stringify(column.name)}:`,
    isKey: definition.keyColumns.includes(column),
  }));
  const keyIndexes = definition.keyColumns.map(indexOf);
  const keyPrefix = formatKeyPrefix(relation);
  const isFull = definition.replica === 'full';
  const relationText = `"relation":${JSON.stringify([relation.schema, relation.name])},"operation":`;
  const { where } = definition;
  const isInShape = where === null ? () => true : where.bind(relation.columns.map((column) => column.name));

  const keyOf = (row: RowValues): string => {
    let key = keyPrefix;
    for (const index of keyIndexes) {
      const value = row[index] as string | null;
      key += value === null ? '/_' : `/"${value.includes('/') ? value.replaceAll('/', '//') : value}"`;
    }
    return key;
  };

  /** The selected columns that `include` names, as a JSON object. */
  const valuesOf = (row: RowValues, include: (column: BoundColumn) => boolean): string => {
    let json = '{';
    for (const column of columns) {
      if (!include(column)) continue;
      const value = row[column.index] as string | null;
      if (json.length > 1) json += ',';
      json += column.label + (value === null ? 'null' : JSON.stringify(value));
    }
    return `${json}}`;
  };
  const all = () => true;
  const onlyKey = (column: BoundColumn) => column.isKey;

  const draft = (
    kind: 'insert' | 'update' | 'delete',
    operation: number,
    key: string,
    value: string,
    text: TransactionText,
    extra = '',
    oldValue = '',
  ): DraftMessage => ({
    operation,
    head: `{"value":${value},"key":${JSON.stringify(key)},"headers":{`,
    tail: `${relationText}"${kind}",${text.lsn}${operation}${text.txids}${extra}}${oldValue}}`,
  });
  const deletion = (operation: number, key: string, old: RowValues, text: TransactionText, extra = '') =>
    draft('delete', operation, key, valuesOf(old, isFull ? all : onlyKey), text, extra);

  return {
    relation,
    write(change, text, drafts) {
      if (change.kind === 'insert') {
        if (!isInShape(change.row)) return;
        drafts.push(draft('insert', change.operation, keyOf(change.row), valuesOf(change.row, all), text));
        return;
      }
      if (change.kind === 'truncate' || change.old === null) return; // The shape rotates instead.
      const { old, operation } = change;
      if (change.kind === 'delete') {
        if (isInShape(old)) drafts.push(deletion(operation, keyOf(old), old, text));
        return;
      }
      const { row } = change;
      const wasIn = isInShape(old);
      const isIn = isInShape(row);
      if (wasIn && !isIn) {
        drafts.push(deletion(operation, keyOf(old), old, text));
      } else if (!wasIn && isIn) {
        drafts.push(draft('insert', operation, keyOf(row), valuesOf(row, all), text));
      } else if (wasIn) {
        const isChanged = (column: BoundColumn) => old[column.index] !== row[column.index];
        if (!columns.some(isChanged)) return;
        const oldKey = keyOf(old);
        const key = keyOf(row);
        if (oldKey !== key) {
          drafts.push(deletion(operation, oldKey, old, text, `,"key_change_to":${JSON.stringify(key)}`));
          const from = `,"key_change_from":${JSON.stringify(oldKey)}`;
          drafts.push(draft('insert', operation + 1, key, valuesOf(row, all), text, from));
        } else if (isFull) {
          const oldValue = `,"old_value":${valuesOf(old, isChanged)}`;
          drafts.push(draft('update', operation, key, valuesOf(row, all), text, '', oldValue));
        } else {
          const value = valuesOf(row, (column) => column.isKey || isChanged(column));
          drafts.push(draft('update', operation, key, value, text));
        }
      }
    },
  };
}

/** `"schema"."table"` with `/` and `.` doubled. */
export function formatKeyPrefix(name: { readonly schema: string; readonly name: string }): string {
  const part = (text: string) => text.replaceAll('/', '//').replaceAll('.', '..');
  return `"${part(name.schema)}"."${part(name.name)}"`;
}
