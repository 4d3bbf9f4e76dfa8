import type { SQL } from 'drizzle-orm';
import {
  index,
  integer,
  type PgDatabase,
  PgDialect,
  type PgQueryResultHKT,
  pgEnum,
  pgTable,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
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
  const dialect = new PgDialect();
  // All that drizzle-kit uses of a Drizzle database.
  const db = {
    execute: async (query: SQL) => ({ rows: await executor.query(dialect.sqlToQuery(query).sql) }),
  };
  const { statementsToExecute } = await pushSchema(
    { ...schema },
    db as unknown as PgDatabase<PgQueryResultHKT>,
  );
  for (const statement of statementsToExecute) await executor.exec(statement);
}
