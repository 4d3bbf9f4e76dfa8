import { comments } from '@org/core';
import type { EditStore } from '../../db/edits.ts';
import { insertOf, updateOf } from '../../db/names.ts';
import type { WriteOutcome } from '../../db/writes.ts';

export interface NewComment {
  readonly id: string;
  readonly workspaceId: string;
  readonly taskId: string;
  readonly authorId: string;
  readonly body: string;
}

export function addComment(edits: EditStore, comment: NewComment): Promise<WriteOutcome> {
  return edits.save(commentEditId(comment.taskId, comment.id), [insertOf(comments, { ...comment })]);
}

/** Changes one's own comment, and says when. */
export function editComment(
  edits: EditStore,
  taskId: string,
  id: string,
  body: string,
): Promise<WriteOutcome> {
  const editedAt = new Date().toISOString();
  return edits.save(commentEditId(taskId, id), [updateOf(comments, { id }, { body, editedAt })]);
}

const prefix = (taskId: string) => `["comments","${taskId}",`;

export function commentEditId(taskId: string, id: string): string {
  return `${prefix(taskId)}"${id}"]`;
}

export function isCommentEditOf(taskId: string, editId: string): boolean {
  return editId.startsWith(prefix(taskId));
}
