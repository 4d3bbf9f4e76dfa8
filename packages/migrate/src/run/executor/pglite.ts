import type { PgliteDatabase, PgliteTransaction } from './drivers.ts';
import type { Executor, ExecutorCapabilities } from './executor.ts';
import { runInSavepoint } from './savepoint.ts';

export type { PgliteDatabase } from './drivers.ts';

const CAPABILITIES: ExecutorCapabilities = { hasReplication: false, isShared: false, isInProcess: true };

/** An executor over a PGlite. The instance stays the caller's: it is never closed here. */
export function pgliteExecutor(db: PgliteDatabase): Executor {
  return {
    ...statementsOf(db),
    transaction: (body) => db.transaction((tx) => body(transactionExecutor(tx))),
  };
}

function transactionExecutor(transaction: PgliteTransaction): Executor {
  const tx: Executor = {
    ...statementsOf(transaction),
    transaction: (body) => runInSavepoint(tx, body),
  };
  return tx;
}

function statementsOf(db: Pick<PgliteTransaction, 'query' | 'exec'>): Omit<Executor, 'transaction'> {
  return {
    capabilities: CAPABILITIES,
    async query<Row extends object>(sql: string, params: readonly (string | null)[] = []) {
      return (await db.query<Row>(sql, [...params])).rows;
    },
    async exec(sql) {
      await db.exec(sql);
    },
  };
}
