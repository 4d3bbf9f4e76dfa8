import { Textarea } from '@mantine/core';
import { tasks } from '@org/core';
import { checkValue } from '../../../db/check.ts';
import { useField } from '../../../db/use-field.ts';
import { useDraftText } from '../../../ui/editors/draft-input.tsx';
import quiet from '../../../ui/editors/quiet.module.css';
import { FieldState } from '../../../ui/field-state.tsx';
import { valueText } from '../../../ui/value-text.ts';
import classes from './task-panel.module.css';
import type { LocalTask } from './task-properties.tsx';

/** Enter saves: a title is one line, however long. */
export function TaskTitle({ task }: { readonly task: LocalTask }) {
  const field = useField({ table: tasks, key: { id: task.id }, property: 'title' }, task.title);
  const draft = useDraftText(valueText(field.value), (text) =>
    field.save(text.trim(), checkValue('tasks', 'title', text)),
  );
  return (
    <div className={classes.text} data-column={tasks.title.name} data-value={valueText(task.title)}>
      <Textarea
        aria-label="Title"
        variant="unstyled"
        autosize
        minRows={1}
        classNames={{ input: `${classes.titleInput} ${quiet['input']}` }}
        data-testid="task-title"
        {...draft.props}
        onKeyDown={(event) => draft.onKeyDown(event, event.key === 'Enter')}
      />
      <FieldState edit={field.edit} onRetry={field.retry} onDiscard={field.discard} />
    </div>
  );
}

/** Ctrl or ⌘ with Enter saves, as does leaving the field. */
export function TaskDescription({ task }: { readonly task: LocalTask }) {
  const field = useField({ table: tasks, key: { id: task.id }, property: 'description' }, task.description);
  const draft = useDraftText(valueText(field.value), (text) =>
    field.save(text, checkValue('tasks', 'description', text)),
  );
  return (
    <div
      className={classes.text}
      data-column={tasks.description.name}
      data-value={valueText(task.description)}
    >
      <Textarea
        aria-label="Description"
        placeholder="Add a description…"
        variant="unstyled"
        autosize
        minRows={1}
        maxRows={16}
        classNames={{ input: `${classes.descriptionInput} ${quiet['input']}` }}
        {...draft.props}
        onKeyDown={(event) =>
          draft.onKeyDown(event, event.key === 'Enter' && (event.ctrlKey || event.metaKey))
        }
      />
      <FieldState edit={field.edit} onRetry={field.retry} onDiscard={field.discard} />
    </div>
  );
}
