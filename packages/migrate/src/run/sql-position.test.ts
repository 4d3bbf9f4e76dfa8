import { describe, expect, it } from 'vitest';
import { excerpt, offsetOfPosition, placeOfOffset } from './sql-position.ts';

describe('positions in SQL', () => {
  it('counts characters as Postgres does and answers UTF-16 offsets', () => {
    expect(offsetOfPosition('ab', 1)).toBe(0);
    expect(offsetOfPosition("'🙂' x", 5)).toBe(5);
    expect(offsetOfPosition('ab', 99)).toBe(2);
  });

  it('tells line and column in the file that the statement stands in', () => {
    expect(placeOfOffset('SELECT x', 7)).toEqual({ line: 1, column: 8 });
    expect(placeOfOffset('SELECT x', 7, { line: 5, column: 3 })).toEqual({ line: 5, column: 10 });
    expect(placeOfOffset('SELECT\n  x', 9, { line: 5, column: 3 })).toEqual({ line: 6, column: 3 });
  });

  it('shows the line with a caret, cut to a width where it is long', () => {
    expect(excerpt('SELECT a,\n\tnonsense\nFROM t', 11)).toBe(' nonsense\n ^');
    const [line, caret] = excerpt(`${'a'.repeat(500)}!${'b'.repeat(500)}`, 500).split('\n');
    expect(line).toHaveLength(100);
    expect(line?.[caret?.indexOf('^') ?? -1]).toBe('!');
  });
});
