import {
  bigint,
  boolean,
  date,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgTable,
  real,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import { columnKind } from './column-kind.ts';

const size = pgEnum('size', ['small', 'large']);
const items = pgTable('items', {
  id: uuid('id').primaryKey(),
  estimate: integer('estimate'),
  weight: real('weight'),
  isOpen: boolean('is_open'),
  size: size('size'),
  day: date('day', { mode: 'string' }),
  moment: timestamp('moment', { withTimezone: true }),
  total: bigint('total', { mode: 'bigint' }),
  price: numeric('price'),
  note: text('note'),
  owner: uuid('owner'),
  extra: jsonb('extra'),
  made: text('made').generatedAlwaysAs('x'),
});

test('a column of the schema is edited by its type, without further code', () => {
  const kinds = Object.entries(items)
    .filter(([name]) => !name.startsWith('_') && name !== 'enableRLS')
    .map(([name, column]) => [name, columnKind(column as never)]);
  expect(Object.fromEntries(kinds)).toEqual({
    id: { kind: 'read-only' },
    estimate: { kind: 'number', isWhole: true },
    weight: { kind: 'number', isWhole: false },
    isOpen: { kind: 'boolean' },
    size: { kind: 'choice', options: ['small', 'large'] },
    day: { kind: 'date' },
    moment: { kind: 'instant' },
    total: { kind: 'digits' },
    price: { kind: 'text' },
    note: { kind: 'text' },
    owner: { kind: 'read-only' },
    extra: { kind: 'read-only' },
    made: { kind: 'read-only' },
  });
});
