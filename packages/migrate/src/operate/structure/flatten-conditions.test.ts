import { expect, it } from 'vitest';
import { flattenConditions } from './flatten-conditions.ts';

it.each([
  ['CHECK ((((a >= 0) AND (a <= 20)) AND (b <> 1)))', 'CHECK (((a >= 0) AND (a <= 20) AND (b <> 1)))'],
  ['CHECK (((a OR (b OR c)) AND d))', 'CHECK (((a OR b OR c) AND d))'],
  ["CHECK ((((a = ' (x AND (y)) ') AND b) AND c))", "CHECK (((a = ' (x AND (y)) ') AND b AND c))"],
])('E3: nested conditions of the same kind are flat: %s', (nested, flat) => {
  expect(flattenConditions(nested)).toBe(flat);
  expect(flattenConditions(flat)).toBe(flat);
});

it.each([
  'CHECK (((a AND b) OR c))',
  'CHECK ((NOT (a AND b)) AND c)',
  'CHECK ((f((a AND b)) AND c))',
  'SELECT sum(x) OVER (ORDER BY y ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s',
  'CHECK ((((a AND b) IS TRUE) AND c))',
  `CHECK ((("AND" = 'it''s (') AND (b = E'\\'(')))`,
])('what means something else stays: %s', (text) => {
  expect(flattenConditions(text)).toBe(text);
});
