import { expect, test } from 'vitest';
import { countOf, formatAgo, formatBytes, formatDate, formatInstant, humanize } from './words.ts';

test.each([
  ['due_on', 'Due on'],
  ['dueOn', 'Due on'],
  ['assignee_id', 'Assignee'],
  ['id', 'ID'],
  ['estimate', 'Estimate'],
  ['isArchived', 'Is archived'],
])('%s is called %s', (name, words) => {
  expect(humanize(name)).toBe(words);
});

test('counts and sizes', () => {
  expect(countOf(1, 'row')).toBe('1 row');
  expect(countOf(5000, 'row')).toBe('5,000 rows');
  expect([formatBytes(999), formatBytes(1500), formatBytes(2_345_678)]).toEqual([
    '999 B',
    '1.5 kB',
    '2.3 MB',
  ]);
});

test('a date is that day in every time zone; what JavaScript can’t read stays as it is', () => {
  expect(formatDate('2026-11-02')).toBe('Nov 2, 2026');
  expect(formatDate('infinity')).toBe('infinity');
  expect(formatInstant('infinity')).toBe('infinity');
});

test('how long ago', () => {
  const now = new Date('2026-11-20T10:00:00Z');
  const ago = (seconds: number) => formatAgo(new Date(now.getTime() - seconds * 1000), now);
  expect(ago(5)).toBe('now');
  expect(ago(3 * 3600)).toBe('3h ago');
  expect(ago(-2 * 86_400)).toBe('in 2d');
});
