import { tasks } from '@org/core';
import type { EditStore } from '../../db/edits.ts';
import { insertOf } from '../../db/names.ts';
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
  const outcome = await edits.save(editId, [insertOf(tasks, { id, ...task })]);
  // The form keeps what was typed: no edit needs to stay behind.
  edits.drop(editId);
  return { id, outcome };
}
