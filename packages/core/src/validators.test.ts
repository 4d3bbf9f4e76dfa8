import { expect, test } from 'vitest';
import { validators } from './validators.ts';

const id = '7d9f3a8e-6f0e-4a39-9a41-52a6a6a8a111';
const task = { workspaceId: id, projectId: id, title: 'Write it down' };
const { insert, update } = validators.tasks;

test('B1: what the database fills may be left out of a new row', () => {
  expect(insert.parse(task)).toEqual(task);
});

test('an update says only what changes', () => {
  expect(update.parse({ priority: 3 })).toEqual({ priority: 3 });
});

test('a column that may be empty may be emptied, another may not', () => {
  expect(update.parse({ assigneeId: null, dueOn: null })).toEqual({ assigneeId: null, dueOn: null });
  expect(update.safeParse({ title: null }).success).toBe(false);
});

test.each([
  ['a title of spaces', { title: '   ' }],
  ['a title that is too long', { title: 'x'.repeat(201) }],
  ['a priority out of range', { priority: 5 }],
  ['a status that is none', { status: 'forgotten' }],
  ['an id that is none', { projectId: '12' }],
])('%s is refused', (_name, values) => {
  expect(update.safeParse(values).success).toBe(false);
  expect(insert.safeParse({ ...task, ...values }).success).toBe(false);
});

test('instants travel as text', () => {
  expect(validators.comments.update.parse({ editedAt: '2026-11-20T10:00:00.000Z' })).toEqual({
    editedAt: new Date('2026-11-20T10:00:00.000Z'),
  });
});
