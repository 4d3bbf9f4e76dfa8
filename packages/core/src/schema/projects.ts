import { boolean, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id } from './columns.ts';
import { workspaces } from './workspaces.ts';

export const projects = pgTable('projects', {
  id: id(),
  workspaceId: uuid('workspace_id')
    .notNull()
    .references(() => workspaces.id, { onDelete: 'cascade' }),
  name: text('name').notNull(),
  /** A colour of the design system: `blue`, `grape`, … */
  color: text('color').notNull().default('blue'),
  position: integer('position').notNull().default(0),
  isArchived: boolean('is_archived').notNull().default(false),
  createdAt: createdAt(),
});
