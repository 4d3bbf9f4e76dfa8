import type { Database } from '../database.ts';

/** Two workspaces: Ada owns the first and Bo edits it; Cleo owns the second; Dan only looks at the first. */
export const people = {
  ada: '00000000-0000-4000-8000-00000000000a',
  bo: '00000000-0000-4000-8000-00000000000b',
  cleo: '00000000-0000-4000-8000-00000000000c',
  dan: '00000000-0000-4000-8000-00000000000d',
};
export const places = {
  first: {
    workspace: '00000000-0000-4000-8000-000000000101',
    project: '00000000-0000-4000-8000-000000000201',
  },
  second: {
    workspace: '00000000-0000-4000-8000-000000000102',
    project: '00000000-0000-4000-8000-000000000202',
  },
};
export const taskIds = {
  first: '00000000-0000-4000-8000-000000000301',
  second: '00000000-0000-4000-8000-000000000302',
};

export async function addPeople({ query }: Database): Promise<void> {
  const { first, second } = places;
  await query(
    `INSERT INTO users (id, email, name) SELECT id, name || '@example.test', initcap(name)
     FROM unnest($1::uuid[], $2::text[]) AS person (id, name)`,
    [Object.values(people), Object.keys(people)],
  );
  await query(`INSERT INTO workspaces (id, name, key) VALUES ($1, 'First', 'ONE'), ($2, 'Second', 'TWO')`, [
    first.workspace,
    second.workspace,
  ]);
  await query(
    `INSERT INTO members (workspace_id, user_id, role)
     VALUES ($1, $3, 'owner'), ($1, $4, 'editor'), ($2, $5, 'owner'), ($1, $6, 'viewer')`,
    [first.workspace, second.workspace, people.ada, people.bo, people.cleo, people.dan],
  );
  await query(`INSERT INTO projects (id, workspace_id, name) VALUES ($1, $2, 'One'), ($3, $4, 'Two')`, [
    first.project,
    first.workspace,
    second.project,
    second.workspace,
  ]);
  await query(
    `INSERT INTO tasks (id, workspace_id, project_id, title) VALUES ($1, $2, $3, 'Of the first'), ($4, $5, $6, 'Of the second')`,
    [taskIds.first, first.workspace, first.project, taskIds.second, second.workspace, second.project],
  );
}
