import { createInsertSchema, createUpdateSchema } from 'drizzle-zod';
import * as z from 'zod';
import {
  comments,
  labels,
  members,
  profiles,
  projects,
  TASK_TITLE_LENGTH_MAX,
  taskLabels,
  tasks,
  users,
  workspaces,
} from './schema/index.ts';

const TEXT_LENGTH_MAX = 20_000;
const NAME_LENGTH_MAX = 100;

const name = () => z.string().trim().min(1, 'A name is needed.').max(NAME_LENGTH_MAX);
const text = () => z.string().max(TEXT_LENGTH_MAX);
/** Instants travel as ISO 8601 text. */
const instant = () => z.coerce.date();

/** What is stricter than the column's type, for inserts and updates alike. */
const task = {
  title: () => z.string().trim().min(1, 'A title is needed.').max(TASK_TITLE_LENGTH_MAX),
  description: text,
  priority: () => z.number().int().min(0).max(4),
  createdAt: instant,
  updatedAt: instant,
};
const comment = {
  body: () => text().trim().min(1, 'An empty comment says nothing.'),
  createdAt: instant,
  editedAt: instant,
};
const profile = {
  title: () => z.string().max(NAME_LENGTH_MAX),
  bio: text,
  timeZone: () => z.string().max(NAME_LENGTH_MAX),
  updatedAt: instant,
};
const named = { name, createdAt: instant };
const member = { joinedAt: instant };

/**
 * What the API accepts for each table that clients may write, made from the schema.
 * Keys, workspace and authorship are the API's to check; columns that the database fills are optional.
 */
export const validators = {
  tasks: {
    insert: createInsertSchema(tasks, task).partial({ number: true }),
    update: createUpdateSchema(tasks, task),
  },
  comments: { insert: createInsertSchema(comments, comment), update: createUpdateSchema(comments, comment) },
  task_labels: { insert: createInsertSchema(taskLabels), update: createUpdateSchema(taskLabels) },
  labels: { insert: createInsertSchema(labels, { name }), update: createUpdateSchema(labels, { name }) },
  projects: { insert: createInsertSchema(projects, named), update: createUpdateSchema(projects, named) },
  profiles: { insert: createInsertSchema(profiles, profile), update: createUpdateSchema(profiles, profile) },
  users: { insert: createInsertSchema(users, named), update: createUpdateSchema(users, named) },
  workspaces: {
    insert: createInsertSchema(workspaces, named),
    update: createUpdateSchema(workspaces, named),
  },
  members: { insert: createInsertSchema(members, member), update: createUpdateSchema(members, member) },
} as const;

export type WritableTable = keyof typeof validators;
