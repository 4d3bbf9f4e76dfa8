import { gt } from 'drizzle-orm';
import { bigint, integer, pgTable, timestamp } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pg-proxy';
import { expect, test } from 'vitest';
import { prepareLiveQuery } from './live-query.ts';

const items = pgTable('items', {
  id: integer('id').primaryKey(),
  size: bigint('size', { mode: 'bigint' }).notNull(),
  madeAt: timestamp('made_at', { withTimezone: true }).notNull(),
});

const db = drizzle(async () => ({ rows: [[1, '9007199254740993', '2026-11-20 10:00:00+00']] }));

test('a built query runs through Drizzle’s own mapping', async () => {
  const prepared = prepareLiveQuery(db.select().from(items));
  expect(await prepared.run(null as never)).toEqual([
    { id: 1, size: 9007199254740993n, madeAt: new Date('2026-11-20T10:00:00Z') },
  ]);
});

test('queries are the same when text and parameters are', () => {
  const over = (size: bigint) => prepareLiveQuery(db.select().from(items).where(gt(items.size, size))).key;
  expect(over(1n)).toBe(over(1n));
  expect(over(1n)).not.toBe(over(2n));
  const sql = 'SELECT $1::int8';
  expect(prepareLiveQuery({ sql, params: [1n] }).key).not.toBe(prepareLiveQuery({ sql, params: [1] }).key);
});
