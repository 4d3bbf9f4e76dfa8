import type { Executor } from '@lockstep/migrate';
import type { Breakage } from './options.ts';

/** The engine as it is, over an executor that takes one of its promises away. For the controls. */
export function breakExecutor(executor: Executor, breakage: Breakage | null): Executor {
  if (breakage === null) return executor;
  // One by one, so that there is a moment in between.
  const capabilities = { ...executor.capabilities, isInProcess: false };
  return { ...executor, capabilities, transaction: BROKEN[breakage](executor) };
}

type Transaction = Executor['transaction'];

const BROKEN: Readonly<Record<Breakage, (executor: Executor) => Transaction>> = {
  'row-outside': (executor) => async (body) => {
    const late: string[] = [];
    const result = await executor.transaction((tx) =>
      body({
        ...tx,
        async exec(sql) {
          const at = sql.search(/(INSERT INTO|UPDATE) lockstep\.migrations/);
          if (at === -1) return tx.exec(sql);
          late.push(sql.slice(at));
          if (at > 0) await tx.exec(sql.slice(0, at));
        },
      }),
    );
    for (const sql of late) await executor.exec(sql);
    return result;
  },
  'no-intent': (executor) => (body) =>
    executor.transaction((tx) =>
      body({
        ...tx,
        exec: (sql) => tx.exec(sql.replaceAll(/'\{"statement":[^']*\}'::jsonb/g, 'NULL')),
      }),
    ),
  'no-progress': (executor) => (body) =>
    executor.transaction((tx) =>
      body({
        ...tx,
        query: (sql, params) =>
          sql.includes('INSERT INTO lockstep.program_progress') ? Promise.resolve([]) : tx.query(sql, params),
      }),
    ),
};
