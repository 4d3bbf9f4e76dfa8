import type { Executor } from '../executor/executor.ts';
import { dropStash, readStashes, type Stash } from './stash-table.ts';

/** How long what migrations lost is kept. A stash goes when one of the two says so. */
export interface StashRetention {
  /** 30 days where neither is said. */
  readonly keepDays?: number | undefined;
  /** The stashes of this many migrations stay, the youngest. */
  readonly keepMigrations?: number | undefined;
}

const KEEP_DAYS = 30;
const DAY_MS = 86_400_000;

/** Drops the stashes whose time is over, and answers them: what they kept is gone. `now` in milliseconds since 1970. */
export async function pruneStash(
  executor: Executor,
  retention: StashRetention = {},
  now: number = Date.now(),
): Promise<readonly Stash[]> {
  const expired = chooseExpired(await readStashes(executor), retention, now);
  if (expired.length === 0) return [];
  await executor.transaction(async (tx) => {
    for (const stash of expired) await dropStash(tx, stash);
  });
  return expired;
}

function chooseExpired(
  stashes: readonly Stash[],
  { keepDays, keepMigrations }: StashRetention,
  now: number,
): readonly Stash[] {
  const days = keepDays ?? (keepMigrations === undefined ? KEEP_DAYS : Number.POSITIVE_INFINITY);
  const migrations = [...new Set(stashes.toReversed().map(({ tag, hash }) => `${tag} ${hash}`))];
  const kept = new Set(migrations.slice(0, keepMigrations ?? migrations.length));
  return stashes.filter(
    ({ tag, hash, stashedAt }) => now - stashedAt > days * DAY_MS || !kept.has(`${tag} ${hash}`),
  );
}
