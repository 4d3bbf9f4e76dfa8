import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '@org/core/migrations';
import type { CrashHistory } from './history.ts';

/** Tags up to which the demo's history is applied before its rows are there. */
const WITH_ROWS = '0002_comments_and_labels';

/** The demo's own history. `withRows` begins in the middle, over rows. */
export async function demoHistory(directory: string, withRows: boolean): Promise<CrashHistory> {
  const path = (name: string) => join(directory, `${name}.json`);
  await writeFile(path('demo'), JSON.stringify({ migrations: bundle.migrations }));
  const demo: CrashHistory = { name: 'demo', bundle: path('demo'), programs: {}, mends: {}, before: null };
  if (!withRows) return demo;
  const end = bundle.migrations.findIndex(({ tag }) => tag === WITH_ROWS) + 1;
  await writeFile(path('demo-before'), JSON.stringify({ migrations: bundle.migrations.slice(0, end) }));
  return { ...demo, name: 'demo with rows', before: { bundle: path('demo-before'), rows: ROWS } };
}

const id = (kind: number) => `('00000000-0000-4000-8000-0000000${kind}' || lpad(i::text, 4, '0'))::uuid`;
const AT = "'2020-02-02 02:02:02+00'";

/** Times are of long ago, and ids are said: so that two databases with them are the same. */
const ROWS = `
INSERT INTO users (id, email, name, created_at) SELECT ${id(1)}, 'u' || i, 'User ' || i, ${AT} FROM generate_series(1, 20) AS i
  ON CONFLICT DO NOTHING;
INSERT INTO workspaces (id, name, key, created_at) SELECT ${id(2)}, 'W' || i, 'W' || i, ${AT} FROM generate_series(1, 3) AS i
  ON CONFLICT DO NOTHING;
INSERT INTO projects (id, workspace_id, name, created_at) SELECT ${id(3)}, ${id(2)}, 'P' || i, ${AT} FROM generate_series(1, 3) AS i
  ON CONFLICT DO NOTHING;
INSERT INTO tasks (id, workspace_id, project_id, number, title, created_at, updated_at)
  SELECT ${id(4)}, w.id, p.id, i, 'Task ' || i, ${AT}, ${AT}
  FROM generate_series(1, 40) AS i, workspaces AS w JOIN projects AS p ON p.workspace_id = w.id WHERE w.key = 'W1'
  ON CONFLICT DO NOTHING;
INSERT INTO comments (id, workspace_id, task_id, body, created_at)
  SELECT ${id(5)}, t.workspace_id, t.id, 'Body', ${AT} FROM generate_series(1, 40) AS i JOIN tasks AS t ON t.number = i
  ON CONFLICT DO NOTHING`;
