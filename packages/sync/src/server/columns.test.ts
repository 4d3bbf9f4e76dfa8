import { describe, expect, it } from 'vitest';
import { tableFact } from '../testing/server/facts.ts';
import { chooseColumns, formatColumnList, parseColumnList } from './columns.ts';

describe('parseColumnList', () => {
  it.each([
    ['"id","title"', ['id', 'title']],
    ['id, Title', ['id', 'title']],
    ['"a,b","say ""hi"""', ['a,b', 'say "hi"']],
    ['"Größe",größe', ['Größe', 'größe']],
  ])('reads %s', (text, names) => {
    expect(parseColumnList(text)).toEqual(names);
  });

  it.each(['', ',', '"id",', '"id" "title"', '"id', 'id;drop', 'a b', '""', '1a'])('refuses %j', (text) => {
    expect(parseColumnList(text)).toBeNull();
  });
});

describe('chooseColumns', () => {
  const items = tableFact('items', ['id:uuid', 'title', 'note']);

  it('adds the key and keeps the table’s order', () => {
    expect(chooseColumns(items, ['note', 'title'])).toEqual({
      columns: ['id', 'title', 'note'],
      unknown: [],
    });
  });

  it('names what the table lacks', () => {
    expect(chooseColumns(items, ['id', 'nope', 'nope']).unknown).toEqual(['nope']);
  });
});

it('formatColumnList quotes every name', () => {
  expect(formatColumnList(['id', 'say "hi"'])).toBe('"id","say ""hi"""');
});
