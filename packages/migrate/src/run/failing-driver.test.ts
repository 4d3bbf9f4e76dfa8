import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPglite, type TestTarget } from '../testing/databases.ts';
import { HISTORY, readHistoryState, readUndisturbedStates } from '../testing/kill.ts';
import type { Executor } from './executor/executor.ts';
import { runMigrations } from './run-migrations.ts';

let target: TestTarget;
let states: string[];
beforeAll(async () => {
  target = await openPglite();
  states = await readUndisturbedStates(target.executor, (bundle) => runMigrations(target.executor, bundle));
});
afterAll(() => target.close());

/** A driver whose k-th statement (from 0) fails, e.g. a remote one whose connection breaks. */
function failingAt(
  executor: Executor,
  k: number,
): { readonly executor: Executor; readonly hasFailed: () => boolean } {
  let calls = 0;
  const call = () => {
    calls += 1;
    if (calls === k + 1) throw new Error('the callback failed');
  };
  const wrap = (inner: Executor): Executor => ({
    ...inner,
    async query(sql, params) {
      call();
      return inner.query(sql, params);
    },
    async exec(sql) {
      call();
      return inner.exec(sql);
    },
    transaction: (body) => inner.transaction((tx) => body(wrap(tx))),
  });
  return { executor: wrap(executor), hasFailed: () => calls > k };
}

it('published failure: a driver that fails after statement k leaves each migration whole or not at all (drizzle pg-proxy)', async () => {
  let failures = 0;
  for (let k = 0; ; k += 1) {
    await target.reset();
    const { executor, hasFailed } = failingAt(target.executor, k);
    const outcome = await runMigrations(executor, HISTORY).then(
      ({ kind }) => kind,
      (error: unknown) => String(error),
    );
    if (!hasFailed()) break;
    failures += 1;
    const state = await readHistoryState(target.executor);
    expect(states, `after a failure at statement ${k} (${outcome})`).toContain(state);
    await runMigrations(target.executor, HISTORY);
    expect(await readHistoryState(target.executor)).toBe(states.at(-1));
  }
  // Reads, tracking tables, and for each migration its statements and its rows.
  expect(failures).toBeGreaterThan(8);
});
