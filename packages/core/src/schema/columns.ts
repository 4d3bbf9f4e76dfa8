import { timestamp, uuid } from 'drizzle-orm/pg-core';

/** A random key that the server makes when the writer brings none. */
export const id = () => uuid('id').primaryKey().defaultRandom();

/** An instant with its time zone, as a `Date`. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const createdAt = () => instant('created_at').notNull().defaultNow();
