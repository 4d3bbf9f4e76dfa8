import { describe, expect, it } from 'vitest';
import { appliedRow } from '../testing/applied-row.ts';
import { type TestMigration, testBundle } from '../testing/bundle.ts';
import type { AppliedState } from './applied.ts';
import { plan } from './plan.ts';
import { planError } from './plan-error.ts';

const migration = (tag: string, when: number, sql = `SELECT '${tag}'`): TestMigration => ({
  tag,
  when,
  statements: [sql],
});
const A = migration('0000_a', 1000);
const B = migration('0001_b', 2000);
const C = migration('0002_c', 3000);

function state(migrations: readonly TestMigration[], drizzle: readonly TestMigration[] = []): AppliedState {
  return {
    migrations: testBundle(migrations).migrations.map(appliedRow),
    drizzleOnly: testBundle(drizzle).migrations.map(({ hash, when }) => ({ hash, createdAt: when })),
  };
}

const NOTHING = state([]);

describe('plan', () => {
  it('C1: an empty database has everything pending, a migrated one nothing', () => {
    expect(plan(testBundle([A, B]), NOTHING)).toMatchObject({
      kind: 'pending',
      pending: [{ isOutOfOrder: false, step: 0 }, { isOutOfOrder: false }],
    });
    expect(plan(testBundle([A, B]), state([A, B]))).toEqual({
      kind: 'up-to-date',
      takeOver: [],
      restamp: [],
    });
    expect(plan(testBundle([]), NOTHING)).toMatchObject({ kind: 'up-to-date' });
  });

  it('an entry older than the newest applied is pending and reported, whatever its time says', () => {
    expect(plan(testBundle([A, migration('0001_branch', 500), C]), state([A, C]))).toMatchObject({
      kind: 'pending',
      pending: [{ migration: { tag: '0001_branch' }, isOutOfOrder: true }],
      restamp: [{ storedTag: '0002_c', migration: { tag: '0002_c', index: 2 } }],
    });
  });

  it('a file that was renamed with its text kept is the same migration', () => {
    const renamed = { ...B, tag: '0001_other' };
    expect(plan(testBundle([A, renamed]), state([A, B]))).toMatchObject({
      kind: 'up-to-date',
      restamp: [{ storedTag: '0001_b', migration: { tag: '0001_other' } }],
    });
  });

  it('D4: an edited file is named with both hashes, also when only Drizzle knew it', () => {
    const edited = migration(B.tag, B.when ?? 0, 'SELECT 2');
    const [before, after] = [B, edited].map((entry) => testBundle([A, entry]).migrations[1]?.hash);
    const expected = { kind: 'diverged', edited: [{ tag: '0001_b', applied: before, shipped: after }] };
    expect(plan(testBundle([A, edited, C]), state([A, B]))).toEqual(expected);
    expect(plan(testBundle([A, edited, C]), state([], [A, B]))).toEqual(expected);
    const error = planError(plan(testBundle([A, edited]), state([A, B])));
    expect(error?.message).toContain('0001_b');
  });

  it('a database that has more is ahead, also on a fork, and one that Drizzle moved on', () => {
    expect(plan(testBundle([A]), state([A, B]))).toMatchObject({
      kind: 'ahead',
      unknown: [{ kind: 'named', tag: '0001_b' }],
      pending: [],
    });
    expect(plan(testBundle([A]), state([A], [B]))).toMatchObject({
      kind: 'ahead',
      unknown: [{ kind: 'unnamed', when: 2000 }],
    });
    expect(plan(testBundle([A, migration('0001_mine', 2500)]), state([A, B]))).toMatchObject({
      kind: 'ahead',
      pending: ['0001_mine'],
    });
    expect(plan(testBundle([A]), state([A, migration('0001_early', 500)]))).toMatchObject({ kind: 'ahead' });
  });

  it('D4: an applied migration that the bundle lost is a gap, and so is a missing number', () => {
    expect(plan(testBundle([A, C]), state([A, B, C]))).toMatchObject({
      kind: 'gap',
      missing: [{ tag: '0001_b' }],
    });
    const { migrations } = testBundle([A, B, C]);
    expect(plan({ migrations: migrations.filter(({ index }) => index !== 1) }, NOTHING)).toMatchObject({
      kind: 'gap',
      missingIndexes: [1],
    });
    expect(plan(testBundle([A, C]), state([], [A, B, C]))).toMatchObject({
      kind: 'gap',
      missing: [{ kind: 'unnamed', when: 2000 }],
    });
  });

  it('D4: two entries with one number or one name are refused', () => {
    expect(plan(testBundle([A, B, { ...C, tag: B.tag }]), NOTHING)).toEqual({
      kind: 'duplicate',
      tags: ['0001_b', '0001_b'],
    });
    const { migrations } = testBundle([A, B]);
    const same = migrations.map((entry) => ({ ...entry, index: 0 }));
    expect(plan({ migrations: same }, NOTHING)).toMatchObject({ kind: 'duplicate' });
  });

  it("takes over what is in Drizzle's table alone", () => {
    expect(plan(testBundle([A, B, C]), state([], [A, B]))).toMatchObject({
      kind: 'pending',
      takeOver: [{ tag: '0000_a' }, { tag: '0001_b' }],
      pending: [{ migration: { tag: '0002_c' } }],
    });
  });

  it('files with equal texts are still different migrations', () => {
    const first = migration('0000_a', 1000, 'SELECT 1');
    const second = migration('0001_b', 2000, 'SELECT 1');
    expect(plan(testBundle([first, second]), state([first]))).toMatchObject({
      pending: [{ migration: { tag: '0001_b' } }],
    });
    expect(plan(testBundle([first, second]), state([], [first]))).toMatchObject({
      takeOver: [{ tag: '0000_a' }],
      pending: [{ migration: { tag: '0001_b' } }],
    });
  });

  it('an interrupted migration goes on at its step', () => {
    const { migrations, drizzleOnly } = state([A, B]);
    const interrupted = migrations.map((row, index) => (index === 1 ? { ...row, step: 3 } : row));
    expect(plan(testBundle([A, B]), { migrations: interrupted, drizzleOnly })).toMatchObject({
      pending: [{ migration: { tag: '0001_b' }, step: 3, isOutOfOrder: false }],
    });
  });
});
