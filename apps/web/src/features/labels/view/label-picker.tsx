import { useLiveQuery } from '@lockstep/sync/react';
import { Group, MultiSelect, Pill } from '@mantine/core';
import { useEffect } from 'react';
import { useDb } from '../../../db/drizzle.ts';
import { useEditStore, useEdits } from '../../../db/use-session.tsx';
import { ColorDot } from '../../../ui/color-dot.tsx';
import quiet from '../../../ui/editors/quiet.module.css';
import { Property } from '../../../ui/property-list.tsx';
import { setTaskLabel, taskLabelEditId } from '../mutations.ts';
import { labelIdsOfTask, labelsOfWorkspace } from '../queries.ts';
import { shownLabelIds } from '../shown.ts';
import classes from './labels.module.css';

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
    <Property
      column="labels"
      label="Labels"
      value={[...shown].sort().join(',')}
      edit={unsaved?.edit ?? null}
      onRetry={() => unsaved !== null && void store.retry(unsaved.edit.id)}
      onDiscard={() => unsaved !== null && store.drop(unsaved.edit.id)}
    >
      <MultiSelect
        aria-label="Labels"
        placeholder={shown.length === 0 ? 'Add labels…' : ''}
        searchable
        classNames={{ input: quiet['input'] ?? '', inputField: classes.inputField ?? '' }}
        value={[...shown]}
        data={choices.map((label) => ({ value: label.id, label: label.name }))}
        renderOption={({ option }) => (
          <Group gap="xs">
            <ColorDot color={colors.get(option.value) ?? 'gray'} />
            {option.label}
          </Group>
        )}
        renderPill={({ option, value, onRemove, disabled }) => (
          <Pill
            withRemoveButton={!disabled}
            {...(onRemove === undefined ? {} : { onRemove })}
            className={classes.pill ?? ''}
          >
            <ColorDot color={colors.get(String(value)) ?? 'gray'} size={7} />
            {option?.label}
          </Pill>
        )}
        onChange={change}
      />
    </Property>
  );
}
