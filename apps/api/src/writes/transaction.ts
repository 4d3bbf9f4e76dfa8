import type { WritesRequest } from '@lockstep/protocol';
import type { AppliedState } from '@lockstep/sync/server';
import type { Viewer } from '@org/core';
import { type Database, isDatabaseError } from '../database.ts';
import { explainDatabaseError } from './database-error.ts';
import { planWrite } from './plan.ts';
import { runWrite } from './run.ts';

/** All writes of a request in one transaction. Answers its 32-bit id, as shape messages carry it in `headers.txids`. */
export async function writeAll(
  { database, applied }: { readonly database: Database; readonly applied: AppliedState },
  request: WritesRequest,
  viewer: Viewer,
): Promise<number> {
  const context = { applied: await applied.current(), version: request.version, userId: viewer.userId };
  const planned = request.writes.map((write) => planWrite(write, context));
  return database.transaction(async (query) => {
    for (const write of planned) {
      try {
        await runWrite(query, write, viewer);
      } catch (error) {
        if (!isDatabaseError(error)) throw error;
        throw explainDatabaseError(error, write, { ...context, applied: await applied.refreshed() }) ?? error;
      }
    }
    const [row] = await query<{ txid: string }>('SELECT pg_current_xact_id()::xid::text AS txid');
    return Number((row as { txid: string }).txid);
  });
}
