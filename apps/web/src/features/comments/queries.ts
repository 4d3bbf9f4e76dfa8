import { comments, users } from '@org/core';
import { asc, eq } from 'drizzle-orm';
import type { ReadDatabase } from '../../db/drizzle.ts';

/** Oldest first, with their authors. */
export function commentsOfTask(db: ReadDatabase, taskId: string) {
  return db
    .select({ comment: comments, authorName: users.name })
    .from(comments)
    .leftJoin(users, eq(users.id, comments.authorId))
    .where(eq(comments.taskId, taskId))
    .orderBy(asc(comments.createdAt), asc(comments.id));
}

export type CommentRow = Awaited<ReturnType<typeof commentsOfTask>>[number];
