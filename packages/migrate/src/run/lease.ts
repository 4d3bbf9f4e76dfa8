import { LockstepError } from '@lockstep/protocol';
import { type Clock, jitter } from './clock.ts';
import type { Executor } from './executor/executor.ts';
import type { LeaseOptions } from './run-options.ts';
import { REMEMBER_SETTINGS } from './settings.ts';
import { existingTables } from './tracking-schema.ts';

/**
 * The right to migrate, held by one runner at a time (decision 6). Every transaction of the holder begins with `enter`
 * and ends with `renew` or `renewal`: a holder whose lease another took over can't commit anything (the token is the fence).
 */
export interface Lease {
  /**
   * Throws MIGRATION_LEASE_LOST. Locks the row until the transaction ends, which is a sign of life, remembers the
   * settings, and lets Postgres end a transaction in which nothing happens for longer than the term.
   */
  readonly enter: (tx: Executor, lockTimeoutMs?: number) => Promise<void>;
  /** SQL to run first in a transaction, where `enter` has nothing to ask. */
  readonly opening: string;
  /** SQL for the end of a transaction that was entered: the term begins anew. */
  readonly renewal: string;
  /** The same, and throws MIGRATION_LEASE_LOST. */
  readonly renew: (executor: Executor) => Promise<void>;
  /**
   * Goes in front of a statement outside of transactions. While Postgres shows an active statement with it, whichever
   * connection that is (a pooler's, of a runner that was killed), nobody takes the lease.
   */
  readonly mark: string;
  readonly release: () => Promise<void>;
}

/** For a database that only this process can reach. */
export const noLease: Lease = {
  enter: async () => undefined,
  opening: `SELECT ${REMEMBER_SETTINGS}`,
  renewal: '',
  renew: async () => undefined,
  mark: '',
  release: async () => undefined,
};

/** Runs `work` and keeps the lease alive meanwhile, however long it takes. */
export async function renewDuring(
  executor: Executor,
  lease: Lease,
  { termMs = TERM_MS }: LeaseOptions,
  clock: Clock,
  work: () => Promise<void>,
): Promise<void> {
  if (lease === noLease) return work();
  let isOver = false;
  const working = work().finally(() => {
    isOver = true;
  });
  const settled = working.catch(() => undefined);
  let renewedAt = clock.now();
  while (!isOver) {
    // Short sleeps: one that is under way at the end keeps the process.
    await Promise.race([settled, clock.sleep(Math.min(RENEW_POLL_MS, termMs / 3))]);
    if (isOver || clock.now() - renewedAt < termMs / 3) continue;
    renewedAt = clock.now();
    await lease.renew(executor).catch(() => undefined); // Whether it was lost is seen in `enter`.
  }
  await working;
}

/** For a copy of a database: its lease is held by a runner that is at work on the original. */
export async function freeLease(executor: Executor): Promise<void> {
  if ((await existingTables(executor, ['lockstep.lease'])).size === 0) return;
  await executor.query('UPDATE lockstep.lease SET token = token + 1, holder = NULL, expires_at = NULL');
}

const TERM_MS = 30_000;
const POLL_MS = 250;
const RENEW_POLL_MS = 200;
const WAIT_MS = 600_000;
const LOCK_TIMEOUT_MS = 2000;

/**
 * Waits for the lease by looking now and then: a waiter that blocks inside SQL would hold a snapshot, on which
 * CREATE INDEX CONCURRENTLY waits in turn. Throws MIGRATION_LEASE_TIMEOUT.
 */
export async function acquireLease(
  executor: Executor,
  options: LeaseOptions,
  clock: Clock,
  onWaiting: (holder: string) => void,
): Promise<Lease> {
  const { termMs = TERM_MS, pollMs = POLL_MS, waitMs = WAIT_MS } = options;
  const holder = options.holder ?? `runner ${Math.floor(clock.random() * 0xffffffff).toString(16)}`;
  const deadline = clock.now() + waitMs;
  let told: string | null = null;
  for (;;) {
    const token = await tryToTake(executor, holder, termMs);
    if (token !== null) return heldLease(executor, token, termMs);
    const other = (await readHolder(executor)) ?? 'it has just let go';
    if (other !== told) onWaiting(other);
    told = other;
    if (clock.now() >= deadline) throw timeout(other, waitMs);
    await clock.sleep(jitter(clock, pollMs));
  }
}

const MARK = '/* lockstep lease ';

function heldLease(executor: Executor, token: string, termMs: number): Lease {
  return {
    async enter(tx, lockTimeoutMs = LOCK_TIMEOUT_MS) {
      // A waiting ALTER makes every later reader of the table queue behind it: better to give up and come back. And a
      // process that is frozen inside its transaction must not keep everybody else out for ever.
      const rows = await tx.query(
        `SELECT ${REMEMBER_SETTINGS}, set_config('lock_timeout', $2::text, true),
           set_config('idle_in_transaction_session_timeout', $3::text, true)
         FROM (SELECT FROM lockstep.lease WHERE token = $1::text::bigint FOR UPDATE) AS held`,
        [token, String(lockTimeoutMs), String(termMs)],
      );
      if (rows.length === 0) throw lost();
    },
    opening: '',
    renewal: `UPDATE lockstep.lease SET ${termFromNow(termMs)} WHERE token = ${token}`,
    async renew(tx) {
      const rows = await tx.query(
        `UPDATE lockstep.lease SET ${termFromNow(termMs)} WHERE token = $1::text::bigint RETURNING 1 AS held`,
        [token],
      );
      if (rows.length === 0) throw lost();
    },
    mark: `${MARK}${token} */ `,
    async release() {
      await executor.query(
        'UPDATE lockstep.lease SET holder = NULL, expires_at = NULL WHERE token = $1::text::bigint',
        [token],
      );
    },
  };
}

/** The database's clock decides: those of the runners may differ. */
function termFromNow(termMs: number): string {
  return `expires_at = clock_timestamp() + ${Math.round(termMs)} * interval '1 millisecond'`;
}

/**
 * Takes a lease that is free or whose term is over. Not one whose row is locked (its holder is inside a transaction),
 * and none while a marked statement runs: both are signs of life, for as long as it takes.
 */
async function tryToTake(executor: Executor, holder: string, termMs: number): Promise<string | null> {
  const [row] = await executor.query<{ token: string }>(
    `UPDATE lockstep.lease SET token = token + 1, holder = $1::text, ${termFromNow(termMs)}
     WHERE id = (
       SELECT l.id FROM lockstep.lease AS l
       WHERE (l.expires_at IS NULL OR l.expires_at < clock_timestamp()) AND NOT EXISTS (
         SELECT FROM pg_stat_activity AS a
         WHERE a.datname = current_database() AND a.state = 'active' AND starts_with(a.query, $2::text)
       )
       FOR UPDATE OF l SKIP LOCKED
     )
     RETURNING token::text AS token`,
    [holder, MARK],
  );
  return row?.token ?? null;
}

async function readHolder(executor: Executor): Promise<string | null> {
  const [row] = await executor.query<{ holder: string | null }>('SELECT holder FROM lockstep.lease');
  return row?.holder ?? null;
}

function lost(): LockstepError {
  return new LockstepError('MIGRATION_LEASE_LOST', {
    message: 'Another runner took the migrations over, because this one gave no sign of life for too long.',
    remedy: 'Nothing of the running transaction was kept. Let the other one finish, then run again.',
  });
}

function timeout(holder: string, waitMs: number): LockstepError {
  return new LockstepError('MIGRATION_LEASE_TIMEOUT', {
    message: `Another runner has been migrating this database for over ${Math.round(waitMs / 1000)} s (${holder}).`,
    remedy: 'Wait until it is done, or stop it; its lease ends by itself shortly after. Then run again.',
    details: { holder },
  });
}
