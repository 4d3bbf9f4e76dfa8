import { useLiveQuery, useSyncStatus } from '@lockstep/sync/react';
import { ActionIcon, EmptyState, Tooltip } from '@mantine/core';
import { tasks } from '@org/core';
import { useEffect, useMemo, useRef } from 'react';
import { useDb } from '../../../db/drizzle.ts';
import { useLocalColumns } from '../../../db/local-columns.ts';
import { useShortcuts } from '../../../shell/shortcuts.ts';
import { IconArrowLeft, IconFileOff, IconLink, IconX } from '../../../ui/icons.ts';
import { CommentSection } from '../../comments/view/comment-section.tsx';
import { LabelPicker } from '../../labels/view/label-picker.tsx';
import { findTask } from '../queries.ts';
import { formatTaskNumber } from '../words.ts';
import classes from './task-panel.module.css';
import { type LocalTask, TaskProperties } from './task-properties.tsx';
import { TaskDescription, TaskTitle } from './task-text.tsx';

export interface TaskPanelProps {
  readonly id: string;
  readonly onClose: () => void;
}

export function TaskPanel({ id, onClose }: TaskPanelProps) {
  const columns = useLocalColumns(tasks);
  const names = useMemo(() => new Set(columns.rows.map((row) => row.name)), [columns.rows]);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  return (
    <aside ref={panel} className={classes.panel} aria-label="Task" data-testid="task-panel" tabIndex={-1}>
      {names.size > 0 && <TaskContent id={id} localColumns={names} onClose={onClose} />}
    </aside>
  );
}

interface TaskContentProps extends TaskPanelProps {
  readonly localColumns: ReadonlySet<string>;
}

function TaskContent({ id, localColumns, onClose }: TaskContentProps) {
  const db = useDb();
  const result = useLiveQuery(findTask(db, id, localColumns));
  const comment = useRef<HTMLTextAreaElement>(null);
  useShortcuts({
    c: (event) => {
      event.preventDefault();
      comment.current?.focus();
    },
  });
  const [row] = result.rows;
  if (row === undefined) return result.kind === 'loading' ? null : <NotHere onClose={onClose} />;
  const task = row.task as LocalTask;
  const number = formatTaskNumber(row.workspaceKey, task.number ?? 0);
  return (
    <>
      <header className={classes.head}>
        <CloseTask onClose={onClose} />
        <span className={classes.number}>{number}</span>
        <Tooltip label="Copy link">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Copy link"
            onClick={() => void navigator.clipboard.writeText(location.href)}
          >
            <IconLink size={16} />
          </ActionIcon>
        </Tooltip>
      </header>
      <div className={classes.body}>
        <TaskTitle task={task} />
        <TaskDescription task={task} />
        <TaskProperties task={task}>
          <LabelPicker taskId={task.id} workspaceId={task.workspaceId} />
        </TaskProperties>
        <CommentSection taskId={task.id} workspaceId={task.workspaceId} inputRef={comment} />
      </div>
    </>
  );
}

function CloseTask({ onClose }: Pick<TaskPanelProps, 'onClose'>) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label="Close task"
      aria-keyshortcuts="Escape"
      className={classes.close ?? ''}
      onClick={onClose}
    >
      <IconArrowLeft size={18} className={classes.back} />
      <IconX size={16} className={classes.cross} />
    </ActionIcon>
  );
}

function NotHere({ onClose }: Pick<TaskPanelProps, 'onClose'>) {
  const { kind } = useSyncStatus();
  const isComing = kind === 'loading' || kind === 'starting';
  return (
    <>
      <header className={classes.head}>
        <CloseTask onClose={onClose} />
      </header>
      <EmptyState
        mt="xl"
        icon={<IconFileOff />}
        title={isComing ? 'Not here yet' : 'This task is not here'}
        description={
          isComing ? 'Rows are still coming in.' : 'It was deleted, or it is in a workspace you are not in.'
        }
      />
    </>
  );
}
