import { describe, expect, it } from 'vitest';
import { diffStructures } from './diff.ts';
import { isQuiet, judgeRun } from './judge-run.ts';
import type { Structure } from './structure.ts';

const PROMISED: Structure = {
  'column public.a.id': 'integer not null',
  'column public.a.new': 'text',
  'index public.a_id': 'CREATE INDEX a_id ON public.a USING btree (id)',
  'table public.a': 'table',
};
const DELTA = { set: { 'column public.a.new': 'text' }, drop: [] };
const { 'column public.a.new': _new, ...BEFORE } = PROMISED;

function judge(before: Structure, actual: Structure) {
  return judgeRun(PROMISED, actual, { actual: before, drift: diffStructures(BEFORE, before) }, [DELTA]);
}

describe('judgeRun', () => {
  it('finds nothing where all is as promised', () => {
    const { damage, drift } = judge(BEFORE, PROMISED);
    expect([isQuiet(damage), isQuiet(drift)]).toEqual([true, true]);
  });

  it('C4 blames a run for what it was to make, and for what changed meanwhile', () => {
    const { 'index public.a_id': _lost, ...rest } = PROMISED;
    const actual = { ...rest, 'column public.a.new': 'integer' };
    const { damage } = judge(BEFORE, actual);
    expect(damage).toMatchObject({
      missing: [{ identity: 'index public.a_id' }],
      different: [{ identity: 'column public.a.new', expected: 'text', actual: 'integer' }],
    });
  });

  it('does not blame it for what was so before, or what nobody promised', () => {
    const { 'index public.a_id': _lost, ...rest } = BEFORE;
    const before: Structure = { ...rest, 'column public.a.id': 'bigint' };
    const actual = { ...before, 'column public.a.new': 'text', 'view public.other': 'SELECT 1' };
    const { damage, drift } = judge(before, actual);
    expect(isQuiet(damage)).toBe(true);
    expect(drift).toMatchObject({
      missing: [{ identity: 'index public.a_id' }],
      different: [{ identity: 'column public.a.id' }],
      unexpected: [{ identity: 'view public.other' }],
    });
  });

  it('follows a drifted column through the renaming of its table', () => {
    const before = { 'column public.old.id': 'bigint', 'table public.old': 'table' };
    const promisedBefore = { ...before, 'column public.old.id': 'integer' };
    const promised = { 'column public.new.id': 'integer', 'table public.new': 'table' };
    const actual = { ...promised, 'column public.new.id': 'bigint' };
    const delta = { set: promised, drop: Object.keys(before) };
    const drift = diffStructures(promisedBefore, before);
    expect(isQuiet(judgeRun(promised, actual, { actual: before, drift }, [delta]).damage)).toBe(true);
    const clean = { actual: promisedBefore, drift: diffStructures(promisedBefore, promisedBefore) };
    expect(isQuiet(judgeRun(promised, actual, clean, [delta]).damage)).toBe(false);
  });
});
