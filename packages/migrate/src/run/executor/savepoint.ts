import type { Executor } from './executor.ts';

let savepoints = 0;

/** A transaction within a transaction, for executors whose driver has none. */
export async function runInSavepoint<T>(tx: Executor, body: (tx: Executor) => Promise<T>): Promise<T> {
  savepoints += 1;
  const name = `lockstep_${savepoints}`;
  await tx.exec(`SAVEPOINT ${name}`);
  let result: T;
  try {
    result = await body(tx);
  } catch (error) {
    await tx.exec(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`);
    throw error;
  }
  await tx.exec(`RELEASE SAVEPOINT ${name}`);
  return result;
}
