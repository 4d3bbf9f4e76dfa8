import { PGlite } from '@electric-sql/pglite';
import type { LocalDatabase } from '@lockstep/sync';
import { labels, projects, taskLabels, tasks, users, workspaces } from '@org/core';
import { replicaBundle } from '@org/core/migrations/replica';
import { getTableColumns } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drizzleOver, type ReadDatabase } from '../../db/drizzle.ts';
import { runReadOnly } from '../database/read-only-query.ts';
import { NOBODY, parseTaskFilter, type TaskFilter } from './filter.ts';
import { countOpenTasks, countTasksByStatus, findTask, listTasks } from './queries.ts';

const id = (digit: number) => `00000000-0000-4000-8000-${String(digit).padStart(12, '0')}`;
const ALL = parseTaskFilter(new URLSearchParams());

let pglite: PGlite;
let db: ReadDatabase;

beforeAll(async () => {
  pglite = new PGlite();
  for (const { replica } of replicaBundle.migrations) {
    for (const statement of replica.statements) await pglite.exec(statement);
  }
  db = drizzleOver({ db: pglite } as unknown as LocalDatabase);
  const seed = drizzle(pglite);
  const now = new Date('2026-11-20T10:00:00Z');
  await seed.insert(workspaces).values({ id: id(1), name: 'Space', key: 'SPC', createdAt: now });
  await seed.insert(users).values({ id: id(2), name: 'Ada', email: 'ada@example.com', createdAt: now });
  await seed
    .insert(projects)
    .values({ id: id(3), workspaceId: id(1), name: 'Search', color: 'teal', createdAt: now });
  await seed.insert(labels).values({ id: id(4), workspaceId: id(1), name: 'bug', color: 'red' });
  const task = (number: number, part: Partial<typeof tasks.$inferInsert>) => ({
    id: id(100 + number),
    workspaceId: id(1),
    projectId: id(3),
    number,
    title: `Task ${number}`,
    description: '',
    status: 'todo' as const,
    priority: 0,
    createdAt: now,
    updatedAt: new Date(now.getTime() + number * 1000),
    ...part,
  });
  await seed.insert(tasks).values([
    task(1, { title: '100% of invoices', assigneeId: id(2), priority: 4, dueOn: '2026-12-01' }),
    task(2, { title: 'Invoices', status: 'done' }),
    // Its project and workspace have not arrived yet: shapes come one by one.
    task(3, { workspaceId: id(9), projectId: id(9) }),
  ]);
  await seed.insert(taskLabels).values({ taskId: id(101), labelId: id(4), workspaceId: id(1) });
});
afterAll(() => pglite.close());

const numbers = async (part: Partial<TaskFilter>) =>
  (await listTasks(db, { ...ALL, ...part }, 10)).map((row) => row.number);

describe('the task list', () => {
  test('has what a row shows, with labels, dates and names', async () => {
    const [row] = await listTasks(db, { ...ALL, text: '100%' }, 10);
    expect(row).toMatchObject({
      number: 1,
      workspaceKey: 'SPC',
      projectName: 'Search',
      assigneeName: 'Ada',
      dueOn: '2026-12-01',
      updatedAt: new Date('2026-11-20T10:00:01Z'),
      labelIds: [id(4)],
    });
  });

  test('finds what is typed as it is typed: % is no wildcard', async () => {
    expect(await numbers({ text: 'INVOICE' })).toEqual([2, 1]);
    expect(await numbers({ text: '0% of' })).toEqual([1]);
    expect(await numbers({ text: '%invoices' })).toEqual([]);
    expect(await numbers({ text: String.raw`\ ` })).toEqual([]);
  });

  test('filters by each thing, and keeps rows whose neighbours are not here yet', async () => {
    expect(await numbers({})).toEqual([3, 2, 1]);
    expect(await numbers({ labelId: id(4) })).toEqual([1]);
    expect(await numbers({ assigneeId: NOBODY })).toEqual([3, 2]);
    expect(await numbers({ assigneeId: id(2) })).toEqual([1]);
    expect(await numbers({ projectId: id(3), status: 'done' })).toEqual([2]);
    expect(await numbers({ workspaceId: id(9) })).toEqual([3]);
    expect(await numbers({ sort: 'due' })).toEqual([1, 2, 3]);
  });

  test('counts', async () => {
    const counts = await countTasksByStatus(db, { ...ALL, status: 'done' });
    expect(counts).toHaveLength(2);
    expect(counts).toContainEqual({ status: 'todo', count: 2 });
    expect(await countOpenTasks(db, id(2))).toEqual([{ open: 2, mine: 1 }]);
  });
});

test('a task is read with the columns that are here: one that is yet to come breaks nothing', async () => {
  const names = new Set(Object.values(getTableColumns(tasks)).map((column) => column.name));
  names.delete('due_on');
  const [row] = await findTask(db, id(101), names);
  expect(row?.task).toMatchObject({ id: id(101), title: '100% of invoices', priority: 4 });
  expect(row?.task).not.toHaveProperty('dueOn');
});

describe('the SQL box', () => {
  const run = (sql: string) => runReadOnly({ db: pglite } as unknown as LocalDatabase, sql);

  test('answers, and shows no more than its limit', async () => {
    const result = await run('SELECT n, NULL AS nothing FROM generate_series(1, 500) AS n');
    expect(result).toMatchObject({ columns: ['n', 'nothing'], rowCount: 500 });
    expect(result.rows).toHaveLength(200);
  });

  test('writes nothing, whatever it is given', async () => {
    await expect(run('COMMIT; DELETE FROM tasks')).rejects.toThrow('multiple commands');
    for (const sql of [
      'DELETE FROM tasks',
      'DROP TABLE tasks',
      'WITH gone AS (DELETE FROM tasks RETURNING 1) SELECT * FROM gone',
    ]) {
      await expect(run(sql)).rejects.toThrow('read-only transaction');
    }
    await run('COMMIT').catch(() => {});
    await run("SET session_replication_role = 'replica'").catch(() => {});
    const { rows } = await run(
      "SELECT count(*)::int, current_setting('session_replication_role') FROM tasks",
    );
    expect(rows).toEqual([[3, 'origin']]);
  });
});
