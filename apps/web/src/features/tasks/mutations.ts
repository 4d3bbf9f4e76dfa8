import { taskLabels, tasks } from '@org/core';
import type { EditStore } from '../../db/edits.ts';
import type { WriteOutcome } from '../../db/writes.ts';
import type { TaskStatus } from './words.ts';

export interface NewTask {
  readonly workspaceId: string;
  readonly projectId: string;
  readonly creatorId: string;
  readonly title: string;
  readonly description: string;
  readonly status: TaskStatus;
  readonly priority: number;
  readonly assigneeId: string | null;
}

/** Makes the task with a key of its own, so that it can be opened at once. The number is the server's to give. */
export async function createTask(
  edits: EditStore,
  task: NewTask,
): Promise<{ readonly id: string; readonly outcome: WriteOutcome }> {
  const id = crypto.randomUUID();
  const editId = JSON.stringify(['tasks', id]);
  const values = {
    [tasks.id.name]: id,
    [tasks.workspaceId.name]: task.workspaceId,
    [tasks.projectId.name]: task.projectId,
    [tasks.creatorId.name]: task.creatorId,
    [tasks.title.name]: task.title,
    [tasks.description.name]: task.description,
    [tasks.status.name]: task.status,
    [tasks.priority.name]: task.priority,
    [tasks.assigneeId.name]: task.assigneeId,
  };
  const outcome = await edits.save(editId, [{ operation: 'insert', table: 'tasks', values }]);
  // The form keeps what was typed: no edit needs to stay behind.
  edits.drop(editId);
  return { id, outcome };
}

/** Puts a label on a task, or takes it off. */
export function setTaskLabel(
  edits: EditStore,
  link: { readonly taskId: string; readonly labelId: string; readonly workspaceId: string },
  isOn: boolean,
): Promise<WriteOutcome> {
  const key = { [taskLabels.taskId.name]: link.taskId, [taskLabels.labelId.name]: link.labelId };
  const table = 'task_labels';
  return edits.save(taskLabelEditId(link.taskId, link.labelId), [
    isOn
      ? { operation: 'insert', table, values: { ...key, [taskLabels.workspaceId.name]: link.workspaceId } }
      : { operation: 'delete', table, key },
  ]);
}

export function taskLabelEditId(taskId: string, labelId: string): string {
  return JSON.stringify(['task_labels', taskId, labelId]);
}
