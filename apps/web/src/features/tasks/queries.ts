import { projects, taskLabels, tasks, users, workspaces } from '@org/core';
import { and, asc, count, desc, eq, exists, ilike, isNull, notInArray, type SQL, sql } from 'drizzle-orm';
import type { ReadDatabase } from '../../db/drizzle.ts';
import { pickColumns } from '../../db/local-columns.ts';
import { NOBODY, type TaskFilter, type TaskSort } from './filter.ts';

/** A row of the list. Joined rows may be missing for a moment: shapes arrive one by one. */
export function listTasks(db: ReadDatabase, filter: TaskFilter, limit: number) {
  return db
    .select({
      id: tasks.id,
      number: tasks.number,
      title: tasks.title,
      status: tasks.status,
      priority: tasks.priority,
      dueOn: tasks.dueOn,
      updatedAt: tasks.updatedAt,
      workspaceKey: workspaces.key,
      projectName: projects.name,
      projectColor: projects.color,
      assigneeName: users.name,
      labelIds: sql<readonly string[]>`coalesce((
        SELECT json_agg(${taskLabels.labelId}) FROM ${taskLabels} WHERE ${taskLabels.taskId} = ${tasks.id}), '[]'::json)`,
    })
    .from(tasks)
    .leftJoin(workspaces, eq(workspaces.id, tasks.workspaceId))
    .leftJoin(projects, eq(projects.id, tasks.projectId))
    .leftJoin(users, eq(users.id, tasks.assigneeId))
    .where(matching(db, filter))
    .orderBy(...orderOf(filter.sort))
    .limit(limit);
}

export type TaskListRow = Awaited<ReturnType<typeof listTasks>>[number];

/** How many match in each status; the filter's own status is left out, so that the others can be chosen by number. */
export function countTasksByStatus(db: ReadDatabase, filter: TaskFilter) {
  return db
    .select({ status: tasks.status, count: count() })
    .from(tasks)
    .where(matching(db, { ...filter, status: null }))
    .groupBy(tasks.status);
}

export function countOpenTasks(db: ReadDatabase, userId: string) {
  return db
    .select({
      open: count(),
      mine: sql<number>`count(*) FILTER (WHERE ${eq(tasks.assigneeId, userId)})`.mapWith(Number),
    })
    .from(tasks)
    .where(notInArray(tasks.status, ['done', 'cancelled']));
}

/** One task with every column that the local database has: a new one needs no change here. */
export function findTask(db: ReadDatabase, id: string, localColumns: ReadonlySet<string>) {
  return db
    .select({ task: pickColumns(tasks, localColumns), workspaceKey: workspaces.key })
    .from(tasks)
    .leftJoin(workspaces, eq(workspaces.id, tasks.workspaceId))
    .where(eq(tasks.id, id))
    .limit(1);
}

function matching(db: ReadDatabase, filter: TaskFilter): SQL | undefined {
  const { text, status, projectId, workspaceId, assigneeId, labelId } = filter;
  const hasLabel = (id: string) =>
    exists(
      db
        .select({ one: sql`1` })
        .from(taskLabels)
        .where(and(eq(taskLabels.taskId, tasks.id), eq(taskLabels.labelId, id))),
    );
  return and(
    text.trim() === '' ? undefined : ilike(tasks.title, containing(text.trim())),
    status === null ? undefined : eq(tasks.status, status),
    projectId === null ? undefined : eq(tasks.projectId, projectId),
    workspaceId === null ? undefined : eq(tasks.workspaceId, workspaceId),
    assigneeId === null
      ? undefined
      : assigneeId === NOBODY
        ? isNull(tasks.assigneeId)
        : eq(tasks.assigneeId, assigneeId),
    labelId === null ? undefined : hasLabel(labelId),
  );
}

/** What is typed is searched for as it is: `%` and `_` are no wildcards. */
function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}

function orderOf(sort: TaskSort): SQL[] {
  const orders: Readonly<Record<TaskSort, SQL[]>> = {
    updated: [desc(tasks.updatedAt)],
    created: [desc(tasks.createdAt)],
    priority: [desc(tasks.priority), desc(tasks.updatedAt)],
    due: [sql`${tasks.dueOn} ASC NULLS LAST`, desc(tasks.priority)],
    number: [desc(tasks.number)],
    title: [asc(tasks.title)],
  };
  // The key last: equal values keep their places from one result to the next.
  return [...orders[sort], asc(tasks.id)];
}
