/** Postgres's table locks, weakest first. */
export const LOCK_MODES = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;
export type LockMode = (typeof LOCK_MODES)[number];

export function lockStrength(mode: LockMode): number {
  return LOCK_MODES.indexOf(mode);
}

export function strongerLock(left: LockMode, right: LockMode): LockMode {
  return lockStrength(left) >= lockStrength(right) ? left : right;
}

/** Whether it makes readers or writers wait, so that somebody who uses the application may notice. */
export function isBlocking(mode: LockMode): boolean {
  return lockStrength(mode) >= lockStrength('SHARE');
}

/** Who waits while it is held. */
export function blockedBy(
  mode: LockMode,
): 'readers and writers' | 'writers' | 'DDL and vacuum' | 'stronger locks' {
  if (mode === 'ACCESS EXCLUSIVE') return 'readers and writers';
  if (isBlocking(mode)) return 'writers';
  return mode === 'SHARE UPDATE EXCLUSIVE' ? 'DDL and vacuum' : 'stronger locks';
}
