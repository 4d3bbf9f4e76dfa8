import { sql } from 'drizzle-orm';
import {
  check,
  date,
  index,
  integer,
  pgEnum,
  pgTable,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.ts';
import { projects } from './projects.ts';
import { users } from './users.ts';
import { workspaces } from './workspaces.ts';

export const taskStatus = pgEnum('task_status', [
  'backlog',
  'todo',
  'in_progress',
  'in_review',
  'done',
  'cancelled',
]);

export const TASK_TITLE_LENGTH_MAX = 200;

export const tasks = pgTable(
  'tasks',
  {
    id: id(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    projectId: uuid('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    /** Counts from 1 in each workspace. */
    number: integer('number').notNull(),
    title: text('title').notNull(),
    description: text('description').notNull().default(''),
    status: taskStatus('status').notNull().default('todo'),
    /** 0 none, 1 low, 2 medium, 3 high, 4 urgent. */
    priority: smallint('priority').notNull().default(0),
    dueOn: date('due_on', { mode: 'string' }),
    assigneeId: uuid('assignee_id').references(() => users.id, { onDelete: 'set null' }),
    creatorId: uuid('creator_id').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('tasks_workspace_number').on(table.workspaceId, table.number),
    index('tasks_project').on(table.projectId),
    index('tasks_assignee').on(table.assigneeId),
    index('tasks_updated_at').on(table.updatedAt),
    check('tasks_title_length', sql`char_length(${table.title}) BETWEEN 1 AND 200`),
    check('tasks_priority_range', sql`${table.priority} BETWEEN 0 AND 4`),
  ],
);
