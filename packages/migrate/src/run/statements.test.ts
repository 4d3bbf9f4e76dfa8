import { describe, expect, it } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { statementsFor, toSegments } from './statements.ts';

const alone = (sql: string) => ({ sql, transactional: false });

function segments(statements: Parameters<typeof testBundle>[0][0]['statements'], done = 0) {
  const [migration] = testBundle([{ tag: '0000_x', statements }]).migrations;
  if (migration === undefined) throw new Error('unreachable');
  return toSegments(statementsFor(migration, 'server'), done).map(
    (segment) => `${segment.kind} ${segment.first}: ${segment.statements.map(({ sql }) => sql).join(' ')}`,
  );
}

describe('segments', () => {
  it('are one transaction where every statement goes into one, and for an empty file', () => {
    expect(segments(['a', 'b'])).toEqual(['transaction 1: a b']);
    expect(segments([])).toEqual(['transaction 1: ']);
  });

  it('end with a transaction, in which the tracking rows are written', () => {
    expect(segments(['a', alone('b')])).toEqual(['transaction 1: a', 'alone 2: b', 'transaction 3: ']);
    expect(segments([alone('a'), alone('b'), 'c', 'd'])).toEqual([
      'alone 1: a',
      'alone 2: b',
      'transaction 3: c d',
    ]);
  });

  it('begin after the steps that are done', () => {
    const statements = ['a', alone('b'), 'c'];
    expect(segments(statements, 1)).toEqual(['alone 2: b', 'transaction 3: c']);
    expect(segments(statements, 2)).toEqual(['transaction 3: c']);
    expect(segments(['a', alone('b')], 2)).toEqual(['transaction 3: ']);
  });

  it('are the steps that the compiler decided', () => {
    expect(segments(['a', 'b', { sql: 'c', step: 1 }, { sql: 'd', step: 1 }])).toEqual([
      'transaction 1: a b',
      'transaction 3: c d',
    ]);
  });
});
