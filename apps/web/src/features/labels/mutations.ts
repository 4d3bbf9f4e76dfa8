import { labels, taskLabels } from '@org/core';
import type { EditStore } from '../../db/edits.ts';
import { deleteOf, insertOf } from '../../db/names.ts';
import type { WriteOutcome } from '../../db/writes.ts';

export interface NewLabel {
  readonly workspaceId: string;
  readonly name: string;
  readonly color: string;
}

export async function addLabel(edits: EditStore, label: NewLabel): Promise<WriteOutcome> {
  const id = crypto.randomUUID();
  const editId = JSON.stringify(['labels', id]);
  const outcome = await edits.save(editId, [insertOf(labels, { id, ...label })]);
  // The form keeps what was typed: no edit needs to stay behind.
  edits.drop(editId);
  return outcome;
}

export interface TaskLabelLink {
  readonly taskId: string;
  readonly labelId: string;
  readonly workspaceId: string;
}

/** Puts a label on a task, or takes it off. */
export function setTaskLabel(edits: EditStore, link: TaskLabelLink, isOn: boolean): Promise<WriteOutcome> {
  const { taskId, labelId } = link;
  return edits.save(taskLabelEditId(taskId, labelId), [
    isOn ? insertOf(taskLabels, { ...link }) : deleteOf(taskLabels, { taskId, labelId }),
  ]);
}

export function taskLabelEditId(taskId: string, labelId: string): string {
  return JSON.stringify(['task_labels', taskId, labelId]);
}
