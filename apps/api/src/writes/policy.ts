import { comments, members, profiles, users, workspaces } from '@org/core';
import { and, getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm';
import { getTableConfig, type PgColumn, type PgTable } from 'drizzle-orm/pg-core';
import { type Reference, referencesOf } from './reference.ts';

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
  /** Where a column of the row points to must be in the row's own workspace. */
  readonly references: readonly Reference[];
}

/** What a table of the schema says by itself (its workspace, its key, its foreign keys), and what is said of it below. */
export function policyFor(table: PgTable): TablePolicy {
  const exception = EXCEPTIONS[getTableName(table)] ?? {};
  const workspaceId = workspaceColumn(table);
  const may = workspaceId === null ? null : edits(workspaceId);
  const author = exception.author ?? null;
  return {
    insert: may,
    update: may,
    delete: may,
    references: workspaceId === null ? [] : referencesOf(table, workspaceId),
    ...exception,
    author,
    fixed: [
      ...keyOf(table),
      ...(workspaceId === null ? [] : [workspaceId.name]),
      ...(author === null ? [] : [author]),
      ...(exception.fixed ?? []),
    ],
  };
}

const EXCEPTIONS: Readonly<Record<string, Partial<TablePolicy>>> = {
  tasks: { author: 'creator_id' },
  comments: {
    author: 'author_id',
    fixed: ['task_id'],
    update: both(edits(comments.workspaceId), isPerson(comments.authorId)),
    delete: both(edits(comments.workspaceId), isPerson(comments.authorId)),
  },
  task_labels: { update: null },
  profiles: { update: isPerson(profiles.userId) },
  users: { update: isPerson(users.id), fixed: ['email'] },
  workspaces: { update: owns(workspaces.id), fixed: ['plan_id'] },
  members: {
    insert: owns(members.workspaceId),
    update: owns(members.workspaceId),
    delete: owns(members.workspaceId),
  },
};

/** The column that says whose rows these are: every table of a workspace has it. */
function workspaceColumn(table: PgTable): PgColumn | null {
  const columns: PgColumn[] = Object.values(getTableColumns(table));
  return columns.find(({ name }) => name === 'workspace_id') ?? null;
}

function keyOf(table: PgTable): readonly string[] {
  const { columns, primaryKeys } = getTableConfig(table);
  const own = columns.filter(({ primary }) => primary);
  return [...own, ...primaryKeys.flatMap((key) => key.columns)].map(({ name }) => name);
}

function edits(workspaceId: PgColumn): (userId: string) => SQL {
  return hasRole(workspaceId, sql`('owner', 'editor')`);
}

function owns(workspaceId: PgColumn): (userId: string) => SQL {
  return hasRole(workspaceId, sql`('owner')`);
}

/** The membership is read under an alias, since the row in question may be a membership itself. */
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
