import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appliedRow } from '../testing/applied-row.ts';
import { testBundle } from '../testing/bundle.ts';
import { plan } from './plan.ts';

const RUNS = { seed: 20261120, numRuns: 300 };

/** A history in which some files have equal texts, and which part of it is applied by whom. */
const histories = fc
  .array(
    fc.record({
      text: fc.constantFrom('SELECT 1', 'SELECT 2', 'SELECT 3', 'SELECT 4'),
      appliedBy: fc.constantFrom('nobody' as const, 'us' as const, 'drizzle' as const),
    }),
    { maxLength: 8 },
  )
  .map((entries) => ({
    entries,
    bundle: testBundle(
      entries.map(({ text }, index) => ({ tag: `${String(index).padStart(4, '0')}_x`, statements: [text] })),
    ),
  }));

describe('plan, on any history', () => {
  it('applied, taken over and pending are the whole bundle, each entry once', () => {
    fc.assert(
      fc.property(histories, ({ entries, bundle }) => {
        const by = (who: string) => bundle.migrations.filter((_, index) => entries[index]?.appliedBy === who);
        const found = plan(bundle, {
          migrations: by('us').map(appliedRow),
          drizzleOnly: by('drizzle').map(({ hash, when }) => ({ hash, createdAt: when })),
        });
        if (found.kind !== 'pending' && found.kind !== 'up-to-date') throw new Error(found.kind);
        const pending = found.kind === 'pending' ? found.pending : [];
        expect(found.restamp).toEqual([]);
        expect(found.takeOver).toEqual(by('drizzle'));
        expect(pending.map(({ migration }) => migration)).toEqual(by('nobody'));
        const newest = Math.max(-1, ...[...by('us'), ...by('drizzle')].map(({ index }) => index));
        for (const { migration, isOutOfOrder } of pending)
          expect(isOutOfOrder).toBe(migration.index < newest);
      }),
      RUNS,
    );
  });

  it('never plans anything when a row of the database is not in the bundle', () => {
    fc.assert(
      fc.property(histories, fc.nat(20), fc.boolean(), ({ bundle }, at, isDrizzles) => {
        const [shape] = testBundle([
          { tag: 'stranger', when: at * 500, statements: ['SELECT 9'] },
        ]).migrations;
        if (shape === undefined) throw new Error('unreachable');
        const stranger = { ...appliedRow(shape), index: at };
        const found = plan(bundle, {
          migrations: isDrizzles ? [] : [stranger],
          drizzleOnly: isDrizzles ? [{ hash: stranger.hash, createdAt: stranger.when }] : [],
        });
        expect(['ahead', 'diverged', 'gap']).toContain(found.kind);
      }),
      RUNS,
    );
  });
});
