import { createInsertSchema, createUpdateSchema } from 'drizzle-zod';
import { z } from 'zod';
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

const title = z.string().trim().min(1, 'A title is needed.').max(TASK_TITLE_LENGTH_MAX);
const name = z.string().trim().min(1, 'A name is needed.').max(100);
const text = z.string().max(20_000);
/** Instants travel as ISO 8601 text. */
const instant = z.coerce.date();

const task = { title, description: text, priority: z.number().int().min(0).max(4) };
const comment = { body: text.trim().min(1, 'An empty comment says nothing.') };

/**
 * What the API accepts for each table that clients may write, made from the schema.
 * Keys, workspace and authorship are the API's to check; columns that the database fills are optional.
 */
export const validators = {
  tasks: {
    insert: createInsertSchema(tasks, {
      ...task,
      createdAt: instant.optional(),
      updatedAt: instant.optional(),
    }).partial({
      number: true,
    }),
    update: createUpdateSchema(tasks, {
      title: title.optional(),
      description: text.optional(),
      priority: task.priority.optional(),
      createdAt: instant.optional(),
      updatedAt: instant.optional(),
    }),
  },
  comments: {
    insert: createInsertSchema(comments, {
      ...comment,
      createdAt: instant.optional(),
      editedAt: instant.nullish(),
    }),
    update: createUpdateSchema(comments, {
      body: comment.body.optional(),
      createdAt: instant.optional(),
      editedAt: instant.nullish(),
    }),
  },
  task_labels: { insert: createInsertSchema(taskLabels), update: createUpdateSchema(taskLabels) },
  labels: {
    insert: createInsertSchema(labels, { name }),
    update: createUpdateSchema(labels, { name: name.optional() }),
  },
  projects: {
    insert: createInsertSchema(projects, { name, createdAt: instant.optional() }),
    update: createUpdateSchema(projects, { name: name.optional(), createdAt: instant.optional() }),
  },
  profiles: {
    insert: createInsertSchema(profiles, { updatedAt: instant.optional() }),
    update: createUpdateSchema(profiles, {
      title: z.string().max(100).optional(),
      bio: text.optional(),
      updatedAt: instant.optional(),
    }),
  },
  users: {
    insert: createInsertSchema(users, { name, createdAt: instant.optional() }),
    update: createUpdateSchema(users, { name: name.optional(), createdAt: instant.optional() }),
  },
  workspaces: {
    insert: createInsertSchema(workspaces, { name, createdAt: instant.optional() }),
    update: createUpdateSchema(workspaces, { name: name.optional(), createdAt: instant.optional() }),
  },
  members: {
    insert: createInsertSchema(members, { joinedAt: instant.optional() }),
    update: createUpdateSchema(members, { joinedAt: instant.optional() }),
  },
} as const;

export type WritableTable = keyof typeof validators;
