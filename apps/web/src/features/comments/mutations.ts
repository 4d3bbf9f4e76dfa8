import { comments, validators } from '@org/core';
import type { EditStore } from '../../db/edits.ts';
import type { WriteOutcome } from '../../db/writes.ts';

export interface NewComment {
  readonly id: string;
  readonly workspaceId: string;
  readonly taskId: string;
  readonly authorId: string;
  readonly body: string;
}

/** What the application's own check says of a comment's text; null when it is fine. */
export function checkCommentBody(body: string): string | null {
  const result = validators.comments.update.safeParse({ body });
  return result.success ? null : (result.error.issues[0]?.message ?? 'This comment does not fit.');
}

export function addComment(edits: EditStore, comment: NewComment): Promise<WriteOutcome> {
  const values = {
    [comments.id.name]: comment.id,
    [comments.workspaceId.name]: comment.workspaceId,
    [comments.taskId.name]: comment.taskId,
    [comments.authorId.name]: comment.authorId,
    [comments.body.name]: comment.body,
  };
  return edits.save(commentEditId(comment.taskId, comment.id), [
    { operation: 'insert', table: 'comments', values },
  ]);
}

/** Changes one's own comment, and says when. */
export function editComment(
  edits: EditStore,
  taskId: string,
  id: string,
  body: string,
): Promise<WriteOutcome> {
  const values = { [comments.body.name]: body, [comments.editedAt.name]: new Date().toISOString() };
  return edits.save(commentEditId(taskId, id), [
    { operation: 'update', table: 'comments', key: { [comments.id.name]: id }, values },
  ]);
}

const prefix = (taskId: string) => `["comments","${taskId}",`;

export function commentEditId(taskId: string, id: string): string {
  return `${prefix(taskId)}"${id}"]`;
}

export function isCommentEditOf(taskId: string, editId: string): boolean {
  return editId.startsWith(prefix(taskId));
}
