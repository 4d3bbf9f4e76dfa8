import { expect, it } from 'vitest';
import { type BackupManifest, backupName } from './manifest.ts';
import { chooseExpired } from './retention.ts';
import type { StoredBackup } from './store.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-20T12:00:00Z');

/** Backups of one database, each `[age in days, tag, verified whole]`. */
function stored(...backups: readonly (readonly [number, string, boolean?])[]): StoredBackup[] {
  return backups.map(([age, tag, isWhole = true], index) => {
    const takenAt = new Date(NOW - age * DAY_MS - index);
    const manifest: BackupManifest = {
      format: 1,
      name: backupName(takenAt, tag, `${index}`),
      takenAt: takenAt.toISOString(),
      database: { id: 'a', label: 'app.db', postgres: '18.6' },
      version: { tag, chain: tag },
      fingerprint: '',
      structure: {},
      contents: {},
      data: { kind: 'directory', sha256: '', bytes: 0 },
      verified: isWhole ? { kind: 'whole' } : { kind: 'less', because: 'it was not opened' },
    };
    return { manifest, data: null };
  });
}
const expired = (backups: StoredBackup[], rule = {}) =>
  chooseExpired(backups, rule, NOW).map(({ manifest }) => manifest.name.split('-').slice(1).join('-'));

it('C3: a name carries time and version, and is a folder everywhere', () => {
  const name = backupName(new Date(NOW), '0003_add due/at:now', 'ab12');
  expect(name).toBe('20261120T120000Z-0003_add-due-at-now-ab12');
});

it('C3: the newest ones stay by count, the young ones by age', () => {
  const backups = stored([1, '0004'], [2, '0003'], [3, '0002'], [40, '0001']);
  expect(expired(backups, { count: 2, days: 30 })).toEqual(['0002-2', '0001-3']);
  expect(expired(backups, { count: 9, days: 30 })).toEqual(['0001-3']);
  expect(expired(backups, { count: 9, days: 90 })).toEqual([]);
});

it('C3: the newest that was verified whole stays, however old it is', () => {
  expect(expired(stored([1, '0003', false], [99, '0002'], [100, '0001']))).toEqual(['0001-2']);
  expect(expired(stored([99, '0002', false]))).toEqual([]);
});

it('C3: a start that fails again and again does not push out the backups of earlier versions', () => {
  const loop = Array.from({ length: 20 }, () => [0, '0005'] as const);
  const kept = expired(stored(...loop, [5, '0004'], [6, '0003']));
  expect(kept).toHaveLength(17);
  expect(kept.every((name) => name.startsWith('0005'))).toBe(true);
});
