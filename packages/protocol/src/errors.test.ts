import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERRORS, formatError, LockstepError, problemSchema, toProblem } from './errors.ts';

const error = new LockstepError('MIGRATION_FAILED', {
  message: 'column "x" does not exist',
  remedy: 'Mend the statement.',
  place: { file: 'drizzle/0001_x.sql', statement: 2, line: 3, column: 7 },
});

test('an error is two lines: code, what happened and where; then what to do', () => {
  expect(formatError(error)).toBe(
    'MIGRATION_FAILED: column "x" does not exist (drizzle/0001_x.sql:3:7, statement 2)\nMend the statement.',
  );
});

test('its HTTP form is problem JSON', () => {
  expect(problemSchema.parse(toProblem(error))).toMatchObject({ status: 500, code: 'MIGRATION_FAILED' });
});

test('each code has a row in docs/errors.md, and each row a code', () => {
  const rows = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z_]+)` *\|/gm)].map((match) =>
    String(match[1]),
  );
  expect(rows.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
});
