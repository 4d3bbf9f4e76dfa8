import {
  comments,
  labels,
  members,
  profiles,
  projects,
  taskLabels,
  tasks,
  users,
  workspaces,
} from '@org/core';
import { and, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';

/** A condition on a row of the table, true when the person may; null where nobody may. */
type Condition = ((userId: string) => SQL) | null;

/** Who may write which rows of a table. Postgres judges it in the write's own transaction. */
export interface TablePolicy {
  /** True of the row after it was made. */
  readonly insert: Condition;
  /** True of the row before and after. */
  readonly update: Condition;
  readonly delete: Condition;
  /** The column that holds who made the row. */
  readonly author: string | null;
  /** Columns that never change: a row's key, place and author. */
  readonly fixed: readonly string[];
  /** Where a column of the row points to must be within the row's own place. */
  readonly references: readonly { readonly column: string; readonly condition: SQL }[];
}

/** Null for a table that clients don't write at all. */
export function policyFor(table: string): TablePolicy | null {
  return Object.hasOwn(POLICIES, table) ? (POLICIES[table] ?? null) : null;
}

const everything = (may: Condition) => ({ insert: may, update: may, delete: may });

const POLICIES: Readonly<Record<string, TablePolicy>> = {
  tasks: {
    ...everything(edits(tasks.workspaceId)),
    author: 'creator_id',
    fixed: ['id', 'workspace_id', 'creator_id'],
    references: [
      samePlace(tasks.projectId, tasks.workspaceId, projects),
      memberOf(tasks.assigneeId, tasks.workspaceId),
    ],
  },
  comments: {
    insert: edits(comments.workspaceId),
    update: both(edits(comments.workspaceId), isPerson(comments.authorId)),
    delete: both(edits(comments.workspaceId), isPerson(comments.authorId)),
    author: 'author_id',
    fixed: ['id', 'workspace_id', 'task_id', 'author_id'],
    references: [samePlace(comments.taskId, comments.workspaceId, tasks)],
  },
  task_labels: {
    insert: edits(taskLabels.workspaceId),
    update: null,
    delete: edits(taskLabels.workspaceId),
    author: null,
    fixed: ['task_id', 'label_id', 'workspace_id'],
    references: [
      samePlace(taskLabels.taskId, taskLabels.workspaceId, tasks),
      samePlace(taskLabels.labelId, taskLabels.workspaceId, labels),
    ],
  },
  labels: {
    ...everything(edits(labels.workspaceId)),
    author: null,
    fixed: ['id', 'workspace_id'],
    references: [],
  },
  projects: {
    ...everything(edits(projects.workspaceId)),
    author: null,
    fixed: ['id', 'workspace_id'],
    references: [],
  },
  profiles: {
    insert: null,
    update: isPerson(profiles.userId),
    delete: null,
    author: null,
    fixed: ['user_id'],
    references: [],
  },
  users: {
    insert: null,
    update: isPerson(users.id),
    delete: null,
    author: null,
    fixed: ['id', 'email'],
    references: [],
  },
  workspaces: {
    insert: null,
    update: owns(workspaces.id),
    delete: null,
    author: null,
    fixed: ['id', 'plan_id'],
    references: [],
  },
  members: {
    ...everything(owns(members.workspaceId)),
    author: null,
    fixed: ['workspace_id', 'user_id'],
    references: [],
  },
};

function edits(workspaceId: PgColumn): (userId: string) => SQL {
  return hasRole(workspaceId, sql`('owner', 'editor')`);
}

function owns(workspaceId: PgColumn): (userId: string) => SQL {
  return hasRole(workspaceId, sql`('owner')`);
}

/** The member's row is read under an alias, since the row in question may be a member's itself. */
function hasRole(workspaceId: PgColumn, roles: SQL): (userId: string) => SQL {
  return (userId) => sql`${workspaceId} IN (
    SELECT own.workspace_id FROM ${members} AS own WHERE own.user_id = ${userId} AND own.role IN ${roles})`;
}

function isPerson(column: PgColumn): (userId: string) => SQL {
  return (userId) => sql`${column} = ${userId}`;
}

function both(one: (userId: string) => SQL, other: (userId: string) => SQL): (userId: string) => SQL {
  return (userId) => and(one(userId), other(userId)) as SQL;
}

function samePlace(column: PgColumn, workspaceId: PgColumn, table: PgTable) {
  return {
    column: column.name,
    condition: sql`EXISTS (
      SELECT FROM ${table} AS place WHERE place.id = ${column} AND place.workspace_id = ${workspaceId})`,
  };
}

function memberOf(column: PgColumn, workspaceId: PgColumn) {
  return {
    column: column.name,
    condition: sql`EXISTS (
      SELECT FROM ${members} AS person WHERE person.user_id = ${column} AND person.workspace_id = ${workspaceId})`,
  };
}
