import { expect, test } from 'vitest';
import { loadParser } from '../sql/parser.ts';
import { isConstantExpression } from './constant-expression.ts';

test.each([
  ['7', true],
  ["'-1'::integer", true],
  ["'x'::public.level", true],
  ["ARRAY['a'::text, NULL]::text[]", true],
  ['(1 + 2)', true],
  ['now()', false],
  ['CURRENT_TIMESTAMP', false],
  ['gen_random_uuid()', false],
  ["nextval('items_id_seq'::regclass)", false],
  ["'items_id_seq'::regclass", false],
  ["('now'::text)::date", true],
  ["upper('a'::text)", false],
  ['ROW(1, 2)', false],
  ['1, 2', false],
])('%s is constant: %s', async (expression, expected) => {
  expect(isConstantExpression(await loadParser(), expression)).toBe(expected);
});
