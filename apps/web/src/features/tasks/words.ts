import { type Task, taskStatus } from '@org/core';

export type TaskStatus = Task['status'];

export const STATUSES: readonly TaskStatus[] = taskStatus.enumValues;

export const STATUS_WORDS: Readonly<Record<TaskStatus, string>> = {
  backlog: 'Backlog',
  todo: 'Todo',
  in_progress: 'In progress',
  in_review: 'In review',
  done: 'Done',
  cancelled: 'Cancelled',
};

/** By the number in the data. */
export const PRIORITY_WORDS = ['No priority', 'Low', 'Medium', 'High', 'Urgent'] as const;

export function priorityWord(priority: number): string {
  return PRIORITY_WORDS[priority] ?? `Priority ${priority}`;
}

/** `ENG-12`; the number alone while the workspace's row is not here. */
export function formatTaskNumber(workspaceKey: string | null, number: number): string {
  return workspaceKey === null ? `#${number}` : `${workspaceKey}-${number}`;
}
