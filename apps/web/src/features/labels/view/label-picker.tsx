import { useLiveQuery } from '@lockstep/sync/react';
import { MultiSelect } from '@mantine/core';
import { useEffect } from 'react';
import { useDb } from '../../../db/drizzle.ts';
import { useEditStore, useEdits } from '../../../db/use-session.tsx';
import { ColorDot } from '../../../ui/color-dot.tsx';
import quiet from '../../../ui/editors/quiet.module.css';
import { FieldState } from '../../../ui/field-state.tsx';
import { setTaskLabel, taskLabelEditId } from '../../tasks/mutations.ts';
import { labelIdsOfTask, labelsOfWorkspace } from '../queries.ts';
import { shownLabelIds } from '../shown.ts';

export interface LabelPickerProps {
  readonly taskId: string;
  readonly workspaceId: string;
}

/** The task's labels; adding and removing each is an edit of its own. */
export function LabelPicker({ taskId, workspaceId }: LabelPickerProps) {
  const db = useDb();
  const store = useEditStore();
  const edits = useEdits();
  const choices = useLiveQuery(labelsOfWorkspace(db, workspaceId)).rows;
  const links = useLiveQuery(labelIdsOfTask(db, taskId)).rows;
  const live = new Set(links.map((link) => link.labelId));
  const pending = choices.flatMap((label) => {
    const edit = edits.get(taskLabelEditId(taskId, label.id));
    if (edit === undefined) return [];
    return [{ labelId: label.id, isOn: edit.writes[0]?.operation === 'insert', edit }];
  });
  const shown = shownLabelIds(live, pending);
  const unsaved = pending.find(({ edit }) => edit.state.kind === 'failed') ?? pending[0] ?? null;

  useEffect(() => {
    for (const { labelId, isOn, edit } of pending) {
      if (edit.state.kind === 'sent' && live.has(labelId) === isOn) store.drop(edit.id);
    }
  });

  const change = (wanted: readonly string[]) => {
    for (const { id } of choices) {
      const isOn = wanted.includes(id);
      if (isOn !== shown.includes(id)) void setTaskLabel(store, { taskId, labelId: id, workspaceId }, isOn);
    }
  };
  const colors = new Map(choices.map((label) => [label.id, label.color]));
  return (
    <div data-testid="task-labels">
      <MultiSelect
        aria-label="Labels"
        placeholder={shown.length === 0 ? 'Add labels…' : ''}
        searchable
        classNames={{ input: quiet['input'] ?? '' }}
        value={[...shown]}
        data={choices.map((label) => ({ value: label.id, label: label.name }))}
        renderOption={({ option }) => (
          <>
            <ColorDot color={colors.get(option.value) ?? 'gray'} />
            {option.label}
          </>
        )}
        onChange={change}
      />
      <FieldState
        edit={unsaved?.edit ?? null}
        onRetry={() => unsaved !== null && void store.retry(unsaved.edit.id)}
        onDiscard={() => unsaved !== null && store.drop(unsaved.edit.id)}
      />
    </div>
  );
}
