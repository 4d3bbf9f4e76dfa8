import { drizzle } from 'drizzle-orm/pg-proxy';
import { index, integer, pgEnum, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';
import type { Executor } from '../run/executor/executor.ts';

/** A schema's exports at each version of a history, oldest first. */
export const SCHEMAS: readonly Readonly<Record<string, unknown>>[] = [first(), second(), third()];

function first() {
  const items = pgTable('items', {
    id: uuid('id').primaryKey().defaultRandom(),
    name: text('name').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  });
  return { items };
}

function second() {
  const state = pgEnum('state', ['open', 'closed']);
  const items = pgTable(
    'items',
    {
      id: uuid('id').primaryKey().defaultRandom(),
      name: text('name').notNull(),
      createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
      state: state('state').notNull().default('open'),
    },
    (table) => [index('items_state').on(table.state)],
  );
  return { state, items };
}

function third() {
  const { state, items } = second();
  const notes = pgTable(
    'notes',
    {
      id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
      itemId: uuid('item_id')
        .notNull()
        .references(() => items.id, { onDelete: 'cascade' }),
      body: text('body').notNull().default(''),
    },
    (table) => [unique('notes_item_body').on(table.itemId, table.body)],
  );
  return { state, items, notes };
}

/** Makes a database as `drizzle-kit push` does, on whichever engine. */
export async function push(executor: Executor, schema: Readonly<Record<string, unknown>>): Promise<void> {
  const { pushSchema } = await import('drizzle-kit/api');
  const db = drizzle(async (sql, params, method) => {
    const rows = await executor.query(
      sql,
      params.map((param) => (param === null ? null : String(param))),
    );
    return { rows: method === 'execute' ? rows : rows.map((row) => Object.values(row)) };
  });
  const { apply } = await pushSchema({ ...schema }, db);
  await apply();
}
