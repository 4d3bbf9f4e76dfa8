import { memo } from 'react';
import { Link } from 'wouter';
import { ColorDot } from '../../../ui/color-dot.tsx';
import { PersonAvatar } from '../../../ui/person.tsx';
import { PriorityIcon } from '../../../ui/priority-icon.tsx';
import { StatusIcon } from '../../../ui/status-icon.tsx';
import { formatAgo, formatDate } from '../../../ui/words.ts';
import type { TaskListRow } from '../queries.ts';
import { formatTaskNumber, priorityWord, STATUS_WORDS } from '../words.ts';
import classes from './task-list.module.css';

export interface RowLabel {
  readonly name: string;
  readonly color: string;
}

export interface TaskRowProps {
  readonly task: TaskListRow;
  /** Every label by id. */
  readonly labels: ReadonlyMap<string, RowLabel>;
  readonly href: string;
  readonly isOpen: boolean;
  /** The one row that the tab key reaches; j and k move on from it. */
  readonly isCurrent: boolean;
  readonly top: number;
  readonly position: number;
  readonly setSize: number;
  readonly now: Date;
}

export const TaskRow = memo(function TaskRow(props: TaskRowProps) {
  const { task, labels, href, isOpen, isCurrent, top, position, setSize, now } = props;
  const number = formatTaskNumber(task.workspaceKey, task.number);
  return (
    <li
      className={classes.row}
      style={{ transform: `translateY(${top}px)` }}
      data-testid="task-row"
      data-task-id={task.id}
      data-status={task.status}
      aria-posinset={position}
      aria-setsize={setSize}
    >
      <Link
        href={href}
        className={classes.link ?? ''}
        aria-label={`${number} ${task.title}, ${STATUS_WORDS[task.status]}, ${priorityWord(task.priority)}`}
        aria-current={isOpen}
        tabIndex={isCurrent ? 0 : -1}
      >
        <span className={classes.priority} title={priorityWord(task.priority)}>
          <PriorityIcon priority={task.priority} />
        </span>
        <span className={classes.number}>{number}</span>
        <span className={classes.status} title={STATUS_WORDS[task.status]}>
          <StatusIcon status={task.status} />
        </span>
        <span className={classes.title}>{task.title}</span>
        <span className={classes.labels}>
          {task.labelIds.map((id) => (
            <LabelPill key={id} label={labels.get(id)} />
          ))}
        </span>
        {task.projectName !== null && (
          <span className={classes.project}>
            <ColorDot color={task.projectColor ?? 'gray'} size={8} />
            {task.projectName}
          </span>
        )}
        <span className={classes.due} data-overdue={isOverdue(task, now)}>
          {task.dueOn !== null && <time dateTime={task.dueOn}>{formatDate(task.dueOn)}</time>}
        </span>
        <time className={classes.updated} dateTime={task.updatedAt.toISOString()}>
          {formatAgo(task.updatedAt, now)}
        </time>
        <span className={classes.assignee} title={task.assigneeName ?? 'Nobody'}>
          {task.assigneeName !== null && <PersonAvatar name={task.assigneeName} />}
        </span>
      </Link>
    </li>
  );
});

/** Nothing while the label's own row is not here. */
function LabelPill({ label }: { readonly label: RowLabel | undefined }) {
  if (label === undefined) return null;
  return (
    <span className={classes.label}>
      <ColorDot color={label.color} size={7} />
      {label.name}
    </span>
  );
}

function isOverdue(task: TaskListRow, now: Date): boolean {
  if (task.dueOn === null || task.status === 'done' || task.status === 'cancelled') return false;
  return new Date(`${task.dueOn}T23:59:59`).getTime() < now.getTime();
}
