import { describe, expect, test } from 'vitest';
import type { MigrationReport, MigrationState } from '../contract.ts';
import { type BannerMemory, HIDDEN_BANNER, stepMigrationBanner } from './migration-banner.ts';

const since = '2026-11-20T10:00:00.000Z';
const fresh = { announced: null, since };

function report(part: Partial<MigrationReport> = {}): MigrationReport {
  return {
    from: '0001_one',
    to: '0002_two',
    finishedAt: '2026-11-20T10:05:00.000Z',
    durationMs: 40,
    summary: ['Items have a price now.'],
    tables: [],
    ...part,
  };
}

const idle = (last: MigrationReport | null): MigrationState => ({ kind: 'idle', last });

describe('A6: what the banner shows', () => {
  test('progress in percent and the table while the schema moves', () => {
    const state: MigrationState = {
      kind: 'migrating',
      from: '0001_one',
      to: '0002_two',
      progress: 0.504,
      table: 'items',
      summary: [],
      step: 'rows',
    };
    expect(stepMigrationBanner(HIDDEN_BANNER, state, fresh)).toEqual({
      kind: 'updating',
      percent: 50,
      table: 'items',
      to: '0002_two',
      isFirst: false,
    });
  });

  test('what is new when it is done, also when it was too quick to be seen', () => {
    expect(stepMigrationBanner(HIDDEN_BANNER, idle(report()), fresh)).toEqual({
      kind: 'done',
      to: '0002_two',
      summary: ['Items have a price now.'],
    });
  });

  test('A4: nothing when there was nothing to do', () => {
    expect(stepMigrationBanner(HIDDEN_BANNER, idle(null), fresh)).toBe(HIDDEN_BANNER);
  });

  test('nothing for what is not news: announced, of before the page, or the first of a new database', () => {
    const last = report();
    const show = (of: MigrationReport, memory: BannerMemory = fresh) =>
      stepMigrationBanner(HIDDEN_BANNER, idle(of), memory).kind;
    expect(show(last, { announced: last, since })).toBe('hidden');
    expect(show(report({ finishedAt: '2026-11-20T09:59:59.000Z' }))).toBe('hidden');
    expect(show(report({ from: null }))).toBe('hidden');
    expect(show(last)).toBe('done');
  });

  test('the change log stays when the same state is told again', () => {
    const last = report();
    const done = stepMigrationBanner(HIDDEN_BANNER, idle(last), fresh);
    expect(stepMigrationBanner(done, idle(last), { announced: last, since })).toBe(done);
  });

  test('a failure with what can be done', () => {
    const error = { code: 'LOCAL_MIGRATION_FAILED', message: 'No.', remedy: 'Reload.' } as const;
    expect(stepMigrationBanner(HIDDEN_BANNER, { kind: 'failed', error }, fresh)).toEqual({
      kind: 'failed',
      error,
    });
  });
});
