import { setTimeout as sleep } from 'node:timers/promises';
import { branchError, readBranchState } from '@lockstep/migrate';
import { postgresExecutor } from '@lockstep/migrate/postgres';
import { isLockstepError, type LockstepError, type MigrationBundle } from '@lockstep/protocol';
import { withConnection } from '../db/connect.ts';
import { applyThroughProxy } from './apply.ts';

const LOOK_AGAIN_MS = 1000;

/**
 * Applies what is pending. Where another branch migrated the database, it says so once, with the two ways out, and waits
 * until somebody took one of them: both need the database to run.
 */
export async function applyWhenOfThisBranch(
  proxyUrl: string,
  bundle: MigrationBundle,
  options: {
    readonly onOtherBranch: (error: LockstepError) => Promise<void>;
    readonly signal: AbortSignal | undefined;
  },
): Promise<readonly string[]> {
  for (let isTold = false; ; isTold = true) {
    try {
      return await applyThroughProxy(proxyUrl, bundle);
    } catch (error) {
      if (!isLockstepError(error)) throw error;
      const state = await withConnection(proxyUrl, (client) =>
        readBranchState(postgresExecutor(client), bundle),
      );
      if (state === null) throw error;
      if (!isTold) await options.onOtherBranch(branchError(state, COMMANDS));
      await sleep(LOOK_AGAIN_MS, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

const COMMANDS = { rollback: (to: string) => `pnpm db:rollback --to ${to}`, rebuild: 'pnpm db:reset' };
