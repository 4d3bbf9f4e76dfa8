import { integer, pgTable, text } from 'drizzle-orm/pg-core';

/** Subscription plans: the same for everybody, made by a migration. */
export const plans = pgTable('plans', {
  /** `free`, `team`, … */
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** Members that a workspace may have; null for any number. */
  seats: integer('seats'),
  pricePerSeatCents: integer('price_per_seat_cents').notNull(),
  position: integer('position').notNull(),
});
