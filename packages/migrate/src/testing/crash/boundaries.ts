import type { Executor } from '../../run/executor/executor.ts';

/** Tells each moment before and behind a call into a database, and behind the begin and before the end of a transaction. */
export function withBoundaries(executor: Executor, boundary: () => void, isStepwise: boolean): Executor {
  const capabilities = isStepwise ? { ...executor.capabilities, isInProcess: false } : executor.capabilities;
  const around = async <T>(call: () => Promise<T>): Promise<T> => {
    boundary();
    const result = await call();
    boundary();
    return result;
  };
  return {
    capabilities,
    query: (sql, params) => around(() => executor.query(sql, params)),
    exec: (sql) => around(() => executor.exec(sql)),
    transaction: (body) =>
      around(() =>
        executor.transaction((tx) => around(() => body(withBoundaries(tx, boundary, isStepwise)))),
      ),
  };
}

/** A runner as many are: the statements in a transaction, its own rows behind it. */
export function withTrackingOutside(executor: Executor): Executor {
  return {
    ...executor,
    async transaction(body) {
      const tracking: string[] = [];
      const result = await executor.transaction((tx) =>
        body({
          ...tx,
          async exec(sql) {
            const at = sql.indexOf('INSERT INTO lockstep.migrations');
            if (at === -1) return tx.exec(sql);
            tracking.push(sql.slice(at));
            if (at > 0) await tx.exec(sql.slice(0, at));
          },
        }),
      );
      for (const sql of tracking) await executor.exec(sql);
      return result;
    },
  };
}
