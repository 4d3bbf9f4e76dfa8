import { isLockstepError, LockstepError, type WritesRequest } from '@lockstep/protocol';
import type { AppliedState } from '@lockstep/sync/server';
import type { Viewer } from '@org/core';
import { type Database, isDatabaseError } from '../database.ts';
import { explainDatabaseError } from './database-error.ts';
import { type PlannedWrite, planWrite } from './plan.ts';
import { runWrite } from './run.ts';

/**
 * All writes of a request in one transaction. Answers its 32-bit id, as shape messages carry it in `headers.txids`.
 * A refusal names the write, counted from 0, in `details.write`.
 */
export async function writeAll(
  deps: { readonly database: Database; readonly applied: AppliedState },
  request: WritesRequest,
  viewer: Viewer,
): Promise<number> {
  const context = { applied: await deps.applied.current(), version: request.version, userId: viewer.userId };
  const planned = request.writes.map((write, index) => naming(index, () => planWrite(write, context)));
  let running = 0;
  try {
    return await deps.database.transaction(async (query) => {
      for (const write of planned) {
        await runWrite(query, write, viewer);
        running += 1;
      }
      const [row] = await query<{ txid: string }>('SELECT pg_current_xact_id()::xid::text AS txid');
      return Number((row as { txid: string }).txid);
    });
  } catch (error) {
    // What is checked at the end of the transaction is the last write's to answer for.
    const index = Math.min(running, planned.length - 1);
    throw withIndex(index, await explain(deps, error, planned[index], request.version));
  }
}

/** After the transaction, whose connection is free again: what is applied by now is asked on another. */
async function explain(
  { applied }: { readonly applied: AppliedState },
  error: unknown,
  write: PlannedWrite | undefined,
  version: string | null,
): Promise<unknown> {
  if (!isDatabaseError(error) || write === undefined) return error;
  return explainDatabaseError(error, write, { applied: await applied.refreshed(), version }) ?? error;
}

function naming<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withIndex(index, error);
  }
}

/** Only where a write is at fault: not when the database is away or busy. */
function withIndex(index: number, error: unknown): unknown {
  if (!isLockstepError(error) || error.code.startsWith('POSTGRES_')) return error;
  const { code, message, remedy, details, cause } = error;
  return new LockstepError(code, { message, remedy, details: { ...details, write: index }, cause });
}
