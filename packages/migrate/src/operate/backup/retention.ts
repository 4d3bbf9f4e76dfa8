import type { StoredBackup } from './store.ts';

export interface Retention {
  /** How many backups are kept: 10. */
  readonly count?: number;
  /** How old they get, in days: 30. */
  readonly days?: number;
}

const DAY_MS = 24 * 3_600_000;
const COUNT = 10;
const DAYS = 30;
/** A start that fails again and again makes a backup each time: these must not push out those of earlier versions. */
const PER_VERSION_MAX = 3;

/**
 * The backups of one database that may go, by count and by age. Those that were verified whole are kept before others,
 * the newest of them always.
 */
export function chooseExpired(
  backups: readonly StoredBackup[],
  { count = COUNT, days = DAYS }: Retention,
  now: number,
): readonly StoredBackup[] {
  const newestFirst = [...backups].sort((a, b) => (a.manifest.name < b.manifest.name ? 1 : -1));
  const safest = newestFirst.find(({ manifest }) => manifest.verified.kind === 'whole') ?? newestFirst[0];
  const ofVersion = new Map<string, number>();
  let kept = safest === undefined ? 0 : 1;
  return newestFirst.filter((backup) => {
    const chain = backup.manifest.version?.chain ?? '';
    const earlier = ofVersion.get(chain) ?? 0;
    ofVersion.set(chain, earlier + 1);
    if (backup === safest) return false;
    const isOld = now - Date.parse(backup.manifest.takenAt) > days * DAY_MS;
    if (isOld || earlier >= PER_VERSION_MAX || kept >= count) return true;
    kept += 1;
    return false;
  });
}
