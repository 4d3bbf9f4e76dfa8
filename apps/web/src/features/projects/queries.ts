import { projects, tasks, workspaces } from '@org/core';
import { asc, count, eq, notInArray, sql } from 'drizzle-orm';
import type { ReadDatabase } from '../../db/drizzle.ts';

const inOrder = [asc(projects.workspaceId), asc(projects.position), asc(projects.name)];

export function activeProjects(db: ReadDatabase) {
  return db
    .select({
      id: projects.id,
      name: projects.name,
      color: projects.color,
      workspaceId: projects.workspaceId,
      workspaceName: workspaces.name,
    })
    .from(projects)
    .leftJoin(workspaces, eq(workspaces.id, projects.workspaceId))
    .where(eq(projects.isArchived, false))
    .orderBy(asc(workspaces.name), ...inOrder);
}

export function allProjects(db: ReadDatabase) {
  return db
    .select()
    .from(projects)
    .orderBy(...inOrder);
}

/** Every project with its workspace and how much of it is done. */
export function projectsWithProgress(db: ReadDatabase) {
  const done = sql<number>`count(*) FILTER (WHERE ${eq(tasks.status, 'done')})`.mapWith(Number).as('done');
  const progress = db
    .select({ projectId: tasks.projectId, total: count().as('total'), done })
    .from(tasks)
    .where(notInArray(tasks.status, ['cancelled']))
    .groupBy(tasks.projectId)
    .as('progress');
  return db
    .select({
      project: projects,
      workspaceName: workspaces.name,
      total: progress.total,
      done: progress.done,
    })
    .from(projects)
    .leftJoin(workspaces, eq(workspaces.id, projects.workspaceId))
    .leftJoin(progress, eq(progress.projectId, projects.id))
    .orderBy(asc(projects.isArchived), ...inOrder);
}

export type ProjectWithProgress = Awaited<ReturnType<typeof projectsWithProgress>>[number];
