import type { Executor } from '../run/executor/executor.ts';
import { getAppliedMigrations } from '../run/tracking.ts';
import { testBundle } from './bundle.ts';

/** Each leaves something behind with each of its statements, and none can be run twice. */
export const HISTORY = testBundle([
  {
    tag: '0000_items',
    statements: ['CREATE TABLE items (id int PRIMARY KEY)', 'INSERT INTO items VALUES (1), (2)'],
  },
  {
    tag: '0001_name',
    statements: ["ALTER TABLE items ADD COLUMN name text DEFAULT 'old'", 'UPDATE items SET id = id + 10'],
  },
]);

/** The state of a database that the history was partly applied to, for comparison: structure, rows, tracking. */
export async function readHistoryState(executor: Executor): Promise<string> {
  const applied = await getAppliedMigrations(executor);
  const columns = await executor.query(
    `SELECT c.relname, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 ORDER BY 1, 2`,
  );
  const hasItems = columns.some((column) => column.relname === 'items');
  const rows = hasItems ? await executor.query('SELECT i::text AS row FROM items AS i ORDER BY 1') : [];
  const tracked =
    applied.length === 0
      ? []
      : await executor.query(
          'SELECT hash, created_at::text AS at FROM drizzle.__drizzle_migrations ORDER BY id',
        );
  return JSON.stringify({ applied: applied.map(({ tag, chain }) => [tag, chain]), columns, rows, tracked });
}

/** What the state is after each number of migrations, in a run that nothing disturbs. `executor` is left migrated. */
export async function readUndisturbedStates(
  executor: Executor,
  run: (bundle: typeof HISTORY) => Promise<unknown>,
): Promise<string[]> {
  const states = [await readHistoryState(executor)];
  for (let length = 1; length <= HISTORY.migrations.length; length += 1) {
    await run({ migrations: HISTORY.migrations.slice(0, length) });
    states.push(await readHistoryState(executor));
  }
  return states;
}
