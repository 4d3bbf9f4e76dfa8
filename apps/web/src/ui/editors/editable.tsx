import { type WritableTable } from '@org/core';
import { getTableName } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { ReactNode } from 'react';
import { checkValue } from '../../db/check.ts';
import { columnOf } from '../../db/names.ts';
import { useField } from '../../db/use-field.ts';
import { FieldState } from '../field-state.tsx';
import { humanize } from '../words.ts';
import { ColumnEditor } from './column-editor.tsx';
import type { EditorProps } from './editor.ts';

export interface EditableProps {
  readonly table: PgTable;
  /** Whose row, by property. */
  readonly rowKey: Readonly<Record<string, string>>;
  /** The property of the table in the schema. */
  readonly property: string;
  readonly value: unknown;
  readonly label?: string;
  /** An editor of its own; by the column's type otherwise. */
  readonly children?: (props: EditorProps) => ReactNode;
}

/** One column of one row, edited in place, with what became of the edit. */
export function Editable({ table, rowKey, property, value, label, children }: EditableProps) {
  const name = getTableName(table);
  const column = columnOf(table, property);
  const field = useField({ table, key: rowKey, property }, value);
  const props: EditorProps = {
    label: label ?? humanize(column.name),
    value: field.value,
    onSave: (next) => field.save(next, checkValue(name as WritableTable, property, next)),
  };
  return (
    <div data-column={column.name}>
      {children === undefined ? <ColumnEditor {...props} column={column} /> : children(props)}
      <FieldState edit={field.edit} onRetry={field.retry} onDiscard={field.discard} />
    </div>
  );
}
