import { labels, taskLabels, workspaces } from '@org/core';
import { asc, eq } from 'drizzle-orm';
import type { ReadDatabase } from '../../db/drizzle.ts';

export function allLabels(db: ReadDatabase) {
  return db
    .select({
      id: labels.id,
      name: labels.name,
      color: labels.color,
      workspaceId: labels.workspaceId,
      workspaceKey: workspaces.key,
    })
    .from(labels)
    .leftJoin(workspaces, eq(workspaces.id, labels.workspaceId))
    .orderBy(asc(labels.name), asc(workspaces.key));
}

export function labelsOfWorkspace(db: ReadDatabase, workspaceId: string) {
  return db.select().from(labels).where(eq(labels.workspaceId, workspaceId)).orderBy(asc(labels.name));
}

export function labelIdsOfTask(db: ReadDatabase, taskId: string) {
  return db
    .select({ labelId: taskLabels.labelId, workspaceId: taskLabels.workspaceId })
    .from(taskLabels)
    .where(eq(taskLabels.taskId, taskId));
}
