import { pgTable, text } from 'drizzle-orm/pg-core';
import { createdAt, id } from './columns.ts';
import { plans } from './plans.ts';

export const workspaces = pgTable('workspaces', {
  id: id(),
  name: text('name').notNull(),
  /** Prefix of the workspace's task numbers: `ENG-12`. */
  key: text('key').notNull().unique(),
  planId: text('plan_id').references(() => plans.id),
  createdAt: createdAt(),
});
