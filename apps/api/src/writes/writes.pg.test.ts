import type { WritesRequest } from '@lockstep/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { createClient, problemOf, signIn, type TestClient } from '../testing/client.ts';
import { applyHistory, deploy, NEWEST } from '../testing/history.ts';
import { addPeople, people, places, taskIds } from '../testing/people.ts';

type Writes = WritesRequest['writes'];

let api: TestApi;
let ada: TestClient;
let bo: TestClient;
let dan: TestClient;
beforeAll(async () => {
  api = await startTestApi();
  await applyHistory(api.test.url);
  await addPeople(api.database);
  await api.test.query(`INSERT INTO labels (id, workspace_id, name) VALUES ($1, $2, 'Label')`, [
    LABEL,
    places.first.workspace,
  ]);
  [ada, bo, dan] = (await Promise.all(
    [people.ada, people.bo, people.dan].map((person) => signIn(api.url, person)),
  )) as [TestClient, TestClient, TestClient];
});
afterAll(() => api.close());

const { first, second } = places;
const LABEL = '00000000-0000-4000-8000-000000000401';
const newId = () => crypto.randomUUID();
const newTask = (values: Record<string, string | number | null> = {}): Writes[number] => ({
  operation: 'insert',
  table: 'tasks',
  values: { id: newId(), workspace_id: first.workspace, project_id: first.project, title: 'New', ...values },
});
const retitle = (id: string, title: string): Writes[number] => ({
  operation: 'update',
  table: 'tasks',
  key: { id },
  values: { title },
});

/** The problem that a write was refused with; none says anything in SQL. */
async function refusal(response: Response) {
  const problem = await problemOf(response);
  expect(response.status).toBe(problem.status);
  expect(JSON.stringify(problem)).not.toMatch(/select |insert into|update "|\$1|relation "/i);
  return problem;
}

describe('POST /api/writes', () => {
  it('writes, and answers the id that the transaction has in the replication stream', async () => {
    const id = newId();
    const response = await ada.write([
      newTask({ id, title: '  Tidy me  ', priority: 2, due_on: '2026-12-01' }),
    ]);
    expect(response.status).toBe(200);
    const { data } = (await response.json()) as { data: { txid: number } };
    const [row] = await api.test.query(
      'SELECT *, xmin::text AS xmin, due_on::text AS due FROM tasks WHERE id = $1',
      [id],
    );
    expect(row).toMatchObject({ title: 'Tidy me', priority: 2, due: '2026-12-01', creator_id: people.ada });
    expect(data.txid).toBe(Number(row?.xmin));
    expect(row?.number).toBeGreaterThan(0);
  });

  it('makes all writes of a request or none', async () => {
    const id = newId();
    const response = await ada.write([
      newTask({ id }),
      {
        operation: 'insert',
        table: 'comments',
        values: { workspace_id: first.workspace, task_id: newId(), body: 'x' },
      },
    ]);
    expect(await refusal(response)).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(await api.test.query('SELECT 1 FROM tasks WHERE id = $1', [id])).toEqual([]);
  });

  it('updates, deletes, and takes composite keys', async () => {
    const [label, task] = [newId(), newId()];
    const key = { task_id: task, label_id: label };
    const made = await bo.write([
      newTask({ id: task }),
      {
        operation: 'insert',
        table: 'labels',
        values: { id: label, workspace_id: first.workspace, name: label },
      },
      { operation: 'insert', table: 'task_labels', values: { ...key, workspace_id: first.workspace } },
      retitle(task, 'Changed'),
    ]);
    expect(made.status).toBe(200);
    expect(await api.test.query('SELECT title FROM tasks WHERE id = $1', [task])).toEqual([
      { title: 'Changed' },
    ]);
    expect((await ada.write([{ operation: 'delete', table: 'task_labels', key }])).status).toBe(200);
    expect(await api.test.query('SELECT 1 FROM task_labels WHERE task_id = $1', [task])).toEqual([]);
    expect(
      await refusal(await ada.write([{ operation: 'delete', table: 'task_labels', key }])),
    ).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it.each<[string, Writes[number], number, string]>([
    ['a title that the validators refuse', newTask({ title: ' ' }), 400, 'REQUEST_INVALID'],
    ['a priority out of range', newTask({ priority: 9 }), 400, 'REQUEST_INVALID'],
    ['a value of the wrong kind', newTask({ project_id: 'no uuid' }), 400, 'REQUEST_INVALID'],
    ['a key without its column', { ...retitle('x', 'y'), key: {} } as Writes[number], 400, 'REQUEST_INVALID'],
    ['a key that is no uuid', retitle("' OR true --", 'y'), 400, 'REQUEST_INVALID'],
    ['a column that never was', newTask({ nope: 1 }), 400, 'UNKNOWN_COLUMN'],
    [
      'a table that never was',
      { operation: 'delete', table: 'nope', key: { id: '1' } },
      400,
      'REQUEST_INVALID',
    ],
    [
      'a table that is the server’s',
      { operation: 'delete', table: 'sessions', key: { token_hash: 'x' } },
      400,
      'REQUEST_INVALID',
    ],
    [
      'a table that nobody writes',
      { operation: 'delete', table: 'plans', key: { id: 'free' } },
      403,
      'FORBIDDEN',
    ],
    [
      'a row in another workspace',
      newTask({ workspace_id: second.workspace, project_id: second.project }),
      403,
      'FORBIDDEN',
    ],
    ['a project of another workspace', newTask({ project_id: second.project }), 403, 'FORBIDDEN'],
    [
      'a label on a task of another workspace',
      {
        operation: 'insert',
        table: 'task_labels',
        values: { task_id: taskIds.second, label_id: LABEL, workspace_id: first.workspace },
      },
      403,
      'FORBIDDEN',
    ],
    ['an assignee from elsewhere', newTask({ assignee_id: people.cleo }), 403, 'FORBIDDEN'],
    ['another author', newTask({ creator_id: people.bo }), 403, 'FORBIDDEN'],
    ['an update of another workspace’s row', retitle(taskIds.second, 'Mine now'), 404, 'NOT_FOUND'],
    [
      'a delete of another workspace’s row',
      { operation: 'delete', table: 'tasks', key: { id: taskIds.second } },
      404,
      'NOT_FOUND',
    ],
    ['an update of no row', retitle('00000000-0000-4000-8000-0000000009ff', 'x'), 404, 'NOT_FOUND'],
    [
      'a move to another workspace',
      { ...retitle(taskIds.first, 'x'), values: { workspace_id: second.workspace } } as Writes[number],
      400,
      'REQUEST_INVALID',
    ],
    [
      'another person’s profile',
      { operation: 'update', table: 'profiles', key: { user_id: people.bo }, values: { bio: 'x' } },
      403,
      'FORBIDDEN',
    ],
    ['a key that is taken', newTask({ id: taskIds.first }), 409, 'CONFLICT'],
  ])('refuses %s', async (_what, write, status, code) => {
    expect(await refusal(await ada.write([write]))).toMatchObject({ status: status, code: code });
    const titles = await api.test.query('SELECT title FROM tasks WHERE id = $1', [taskIds.second]);
    expect(titles).toEqual([{ title: 'Of the second' }]);
  });

  it('says which constraint a write broke', async () => {
    const label: Writes[number] = {
      operation: 'insert',
      table: 'labels',
      values: { workspace_id: first.workspace, name: 'twice' },
    };
    const problem = await refusal(await ada.write([label, label]));
    expect(problem).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(problem.details).toMatchObject({ constraint: 'labels_workspace_name', table: 'labels', write: 1 });
    expect((problem.details as { columns: string[] }).columns.toSorted()).toEqual(['name', 'workspace_id']);
  });

  it('lets a viewer of a workspace look, and a comment be its author’s', async () => {
    expect(await refusal(await dan.write([retitle(taskIds.first, 'Mine')]))).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
    const id = newId();
    const comment = { id, workspace_id: first.workspace, task_id: taskIds.first, body: 'By Bo' };
    expect((await bo.write([{ operation: 'insert', table: 'comments', values: comment }])).status).toBe(200);
    const edit: Writes = [
      { operation: 'update', table: 'comments', key: { id }, values: { body: 'By Ada' } },
    ];
    expect(await refusal(await ada.write(edit))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect((await bo.write(edit)).status).toBe(200);
  });

  it('stops what one may write as soon as one may not any more', async () => {
    const { workspace } = first;
    await api.test.query(`UPDATE members SET role = 'viewer' WHERE user_id = $1 AND workspace_id = $2`, [
      people.bo,
      workspace,
    ]);
    try {
      expect(await refusal(await bo.write([newTask()]))).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    } finally {
      await api.test.query(`UPDATE members SET role = 'editor' WHERE user_id = $1`, [people.bo]);
    }
  });

  it('needs somebody signed in', async () => {
    const response = await createClient(api.url).write([newTask()]);
    expect(await refusal(response)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await refusal(await createClient(api.url, 'x'.repeat(43)).write([newTask()]))).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  });

  it('has a limit for the body, and wants JSON', async () => {
    const post = (body: string) => ada.fetch('/api/writes', { method: 'POST', body });
    expect(await refusal(await post('x'.repeat(1024 * 1024 + 1)))).toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
    });
    expect(await refusal(await post('{'))).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(await refusal(await post('{"writes":[]}'))).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
    const streamed = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(' '.repeat(100_000))),
    });
    const init = { method: 'POST', body: streamed, duplex: 'half' } as RequestInit;
    const answer = await ada.fetch('/api/writes', init).catch(() => null);
    if (answer !== null) expect(await refusal(answer)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
  });

  it('answers 503 to a write that a migration’s lock holds up', async () => {
    const holding = api.database.transaction(async (query) => {
      await query('LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE');
      return await ada.write([newTask()]);
    });
    const response = await holding;
    expect(await refusal(response)).toMatchObject({ status: 503, code: 'POSTGRES_BUSY' });
    expect(response.headers.get('retry-after')).toBe('2');
    expect((await ada.write([newTask()])).status).toBe(200);
  });
});

describe('an API of the previous build', () => {
  it('writes columns that its code does not know, once they are applied', async () => {
    const id = newId();
    expect(await refusal(await ada.write([newTask({ id, weight: 3 })]))).toMatchObject({
      status: 400,
      code: 'UNKNOWN_COLUMN',
    });
    const early = await ada.write([newTask({ id, weight: 3 })], '9000_weight');
    expect(await refusal(early)).toMatchObject({ status: 503, code: 'NOT_MIGRATED' });
    await deploy(
      api.database,
      '9000_weight',
      `ALTER TABLE tasks ADD COLUMN weight integer CHECK (weight > 0);
       ALTER TYPE task_status RENAME VALUE 'cancelled' TO 'dropped';`,
    );
    await expect
      .poll(
        async () => (await ada.write([newTask({ id, weight: 3, status: 'dropped' })], '9000_weight')).status,
        { timeout: 10_000 },
      )
      .toBe(200);
    expect(await api.test.query('SELECT weight, status FROM tasks WHERE id = $1', [id])).toEqual([
      { weight: 3, status: 'dropped' },
    ]);
    expect(await refusal(await ada.write([newTask({ weight: 0 })]))).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
    expect(await refusal(await ada.write([newTask({ weight: 'many' })]))).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
  });

  it('does not let through a reference that it can’t check', async () => {
    await deploy(
      api.database,
      '9001_reviewer',
      'ALTER TABLE tasks ADD COLUMN reviewer_id uuid REFERENCES users (id);',
    );
    await expect
      .poll(async () => (await ada.write([newTask({ reviewer_id: people.cleo })])).status, {
        timeout: 10_000,
      })
      .toBe(503);
    expect(await refusal(await ada.write([newTask({ reviewer_id: people.cleo })]))).toMatchObject({
      status: 503,
      code: 'SERVER_BEHIND',
    });
  });

  it('tells a client that is too old to reload, and serves the new one', async () => {
    await deploy(api.database, '9002_rename', 'ALTER TABLE tasks RENAME COLUMN title TO name;');
    await expect.poll(async () => (await ada.write([newTask()])).status, { timeout: 10_000 }).toBe(409);
    const problem = await refusal(await ada.write([newTask()], NEWEST.tag));
    expect(problem).toMatchObject({ status: 409, code: 'CLIENT_TOO_OLD' });
    expect(problem.details).toEqual({ table: 'tasks', columns: ['title'], write: 0 });
    const { title: _title, ...values } = (newTask() as { values: Record<string, string> }).values;
    const renamed: Writes[number] = {
      operation: 'insert',
      table: 'tasks',
      values: { ...values, name: 'New name' },
    };
    expect((await ada.write([renamed], '9002_rename')).status).toBe(200);
  });

  it('tells a client that does not know a column which now needs a value', async () => {
    await deploy(
      api.database,
      '9003_needed',
      "ALTER TABLE projects ADD COLUMN code text NOT NULL DEFAULT 'x'; ALTER TABLE projects ALTER COLUMN code DROP DEFAULT;",
    );
    const project: Writes = [
      { operation: 'insert', table: 'projects', values: { workspace_id: first.workspace, name: 'P' } },
    ];
    await expect
      .poll(async () => (await problemOf(await ada.write(project, NEWEST.tag))).code, { timeout: 10_000 })
      .toBe('CLIENT_TOO_OLD');
    expect(await refusal(await ada.write(project, '9003_needed'))).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
  });
});
