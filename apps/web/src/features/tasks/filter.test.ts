import { expect, test } from 'vitest';
import { formatTaskFilter, isFiltered, parseTaskFilter } from './filter.ts';

const ID = '4197cef7-ba1e-4159-953f-34d70245cc1b';

test('a filter survives its address', () => {
  const address = `q=50%25+off&status=in_review&project=${ID}&assignee=none&label=${ID}&sort=due`;
  const filter = parseTaskFilter(new URLSearchParams(address));
  expect(filter).toEqual({
    text: '50% off',
    status: 'in_review',
    projectId: ID,
    workspaceId: null,
    assigneeId: 'none',
    labelId: ID,
    sort: 'due',
  });
  expect(formatTaskFilter(filter).toString()).toBe(address);
});

test('what makes no sense in an address is left out', () => {
  const filter = parseTaskFilter(
    new URLSearchParams("status=lost&project='; DROP TABLE tasks&sort=toString&assignee=none "),
  );
  expect(filter).toMatchObject({ status: null, projectId: null, sort: 'updated', assigneeId: null });
  expect(formatTaskFilter(filter).toString()).toBe('');
  expect(isFiltered(filter)).toBe(false);
});
