import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { users } from './users.ts';

/** One a user, made by a trigger when the user is. */
export const profiles = pgTable('profiles', {
  userId: uuid('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  title: text('title').notNull().default(''),
  bio: text('bio').notNull().default(''),
  timeZone: text('time_zone').notNull().default('UTC'),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});
