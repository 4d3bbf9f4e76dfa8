import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatColumnList, parseColumnList } from './columns.ts';

it('parseColumnList reads what formatColumnList wrote, whatever the names', () => {
  const name = fc.string({ minLength: 1, maxLength: 63, unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), (names) => {
      expect(parseColumnList(formatColumnList(names))).toEqual(names);
    }),
    { seed: 7, numRuns: 300 },
  );
});
