import { members, plans, users, workspaces } from '@org/core';
import { asc, eq } from 'drizzle-orm';
import type { ReadDatabase } from '../../db/drizzle.ts';

export function allWorkspaces(db: ReadDatabase) {
  return db.select().from(workspaces).orderBy(asc(workspaces.name));
}

export function workspacesWithPlans(db: ReadDatabase) {
  return db
    .select({ workspace: workspaces, plan: plans })
    .from(workspaces)
    .leftJoin(plans, eq(plans.id, workspaces.planId))
    .orderBy(asc(workspaces.name));
}

/** Who is in which workspace, owners first. */
export function allMembers(db: ReadDatabase) {
  return db
    .select({
      workspaceId: members.workspaceId,
      userId: members.userId,
      role: members.role,
      joinedAt: members.joinedAt,
      name: users.name,
      email: users.email,
    })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .orderBy(asc(members.role), asc(users.name));
}

export type MemberRow = Awaited<ReturnType<typeof allMembers>>[number];
