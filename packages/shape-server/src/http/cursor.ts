const CURSOR_EPOCH_MS = Date.UTC(2024, 9, 9);
const JUMP_S_MAX = 3600;

/**
 * A live request's cursor keeps caches from answering it with an earlier live answer: the end of the current poll
 * interval, or a jump ahead of the request's own when time has not moved past it.
 */
export function nextCursor(
  previous: string | null,
  intervalMs: number,
  nowMs: number,
  random: () => number,
): string {
  const interval = Math.max(1, intervalMs / 1000);
  const current = Math.ceil((nowMs - CURSOR_EPOCH_MS) / 1000 / interval) * interval;
  const known = previous !== null && /^\d{1,15}$/.test(previous) ? Number(previous) : null;
  if (known === null || current > known) return String(Math.round(current));
  return String(known + 1 + Math.floor(random() * JUMP_S_MAX));
}
