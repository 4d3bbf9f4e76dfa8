import { type Task, tasks } from '@org/core';
import { type Column, getTableColumns } from 'drizzle-orm';
import type { ReactNode } from 'react';
import { checkValue } from '../../../db/check.ts';
import { useField } from '../../../db/use-field.ts';
import { ColumnEditor } from '../../../ui/editors/column-editor.tsx';
import { Property, PropertyList } from '../../../ui/property-list.tsx';
import { humanize } from '../../../ui/words.ts';
import { TASK_EDITORS } from './task-editors.tsx';

/** A task as the local database has it: a column that is not here yet is absent. */
export type LocalTask = Partial<Task> & Pick<Task, 'id' | 'workspaceId' | 'projectId'>;

/** Shown elsewhere in the panel. */
const ELSEWHERE: ReadonlySet<string> = new Set(['title', 'description']);

const FIRST = ['status', 'priority', 'assigneeId', 'projectId', 'dueOn'];

/** Facts that nobody edits come last, below columns that the schema gets in time. */
const LAST = ['creatorId', 'createdAt', 'updatedAt', 'number', 'workspaceId', 'id'];

interface TaskColumn {
  readonly property: string;
  readonly column: Column;
}

/** From the schema: a column added to `tasks` is here without further code. */
function taskColumns(): readonly TaskColumn[] {
  const rank = (property: string) =>
    FIRST.includes(property) ? FIRST.indexOf(property) - FIRST.length : LAST.indexOf(property) + 1;
  return Object.entries(getTableColumns(tasks))
    .map(([property, column]) => ({ property, column: column as Column }))
    .filter(({ property }) => !ELSEWHERE.has(property))
    .sort((a, b) => rank(a.property) - rank(b.property));
}

export interface TaskPropertiesProps {
  readonly task: LocalTask;
  /** Properties that are rows of other tables. */
  readonly children: ReactNode;
}

export function TaskProperties({ task, children }: TaskPropertiesProps) {
  const local = task as Readonly<Record<string, unknown>>;
  const here = taskColumns().filter(({ property }) => local[property] !== undefined);
  const row = ({ property, column }: TaskColumn) => (
    <TaskProperty key={property} task={task} property={property} column={column} />
  );
  return (
    <PropertyList>
      {here.filter(({ property }) => FIRST.includes(property)).map(row)}
      {children}
      {here.filter(({ property }) => !FIRST.includes(property)).map(row)}
    </PropertyList>
  );
}

function TaskProperty({ task, property, column }: TaskColumn & { readonly task: LocalTask }) {
  const live = (task as Readonly<Record<string, unknown>>)[property];
  const field = useField({ table: tasks, key: { id: task.id }, property }, live);
  const own = TASK_EDITORS[property];
  const label = own?.label ?? humanize(column.name);
  const props = {
    label,
    value: field.value,
    onSave: (value: Parameters<typeof field.save>[0]) =>
      field.save(value, checkValue('tasks', property, value)),
  };
  return (
    <Property
      column={column.name}
      label={label}
      value={live}
      edit={field.edit}
      onRetry={field.retry}
      onDiscard={field.discard}
    >
      {own === undefined ? (
        <ColumnEditor {...props} column={column} />
      ) : (
        <own.Editor {...props} task={task} />
      )}
    </Property>
  );
}
