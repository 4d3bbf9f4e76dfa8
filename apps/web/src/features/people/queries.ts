import { members, profiles, tasks, users, workspaces } from '@org/core';
import { asc, count, eq, notInArray } from 'drizzle-orm';
import type { ReadDatabase } from '../../db/drizzle.ts';

export function allUsers(db: ReadDatabase) {
  return db.select().from(users).orderBy(asc(users.name));
}

/** Those who can be given a task of the workspace. */
export function membersOf(db: ReadDatabase, workspaceId: string) {
  return db
    .select({ id: users.id, name: users.name })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(eq(members.workspaceId, workspaceId))
    .orderBy(asc(users.name));
}

/** Everybody with their profile and their open work. */
export function peopleWithProfiles(db: ReadDatabase) {
  const open = db
    .select({ assigneeId: tasks.assigneeId, open: count().as('open') })
    .from(tasks)
    .where(notInArray(tasks.status, ['done', 'cancelled']))
    .groupBy(tasks.assigneeId)
    .as('open_tasks');
  return db
    .select({ user: users, profile: profiles, open: open.open })
    .from(users)
    .leftJoin(profiles, eq(profiles.userId, users.id))
    .leftJoin(open, eq(open.assigneeId, users.id))
    .orderBy(asc(users.name));
}

export type PersonRow = Awaited<ReturnType<typeof peopleWithProfiles>>[number];

/** The workspaces that a person is in, with their part in each. */
export function membershipsOf(db: ReadDatabase, userId: string) {
  return db
    .select({ workspace: workspaces, role: members.role, joinedAt: members.joinedAt })
    .from(members)
    .innerJoin(workspaces, eq(workspaces.id, members.workspaceId))
    .where(eq(members.userId, userId))
    .orderBy(asc(workspaces.name));
}
