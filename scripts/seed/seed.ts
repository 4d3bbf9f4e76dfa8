import type { Executor } from '@lockstep/migrate';
import {
  comments,
  labels,
  members,
  profiles,
  projects,
  taskLabels,
  tasks,
  users,
  workspaces,
} from '@org/core';
import { insertRows, updateRows } from './insert-rows.ts';
import { makeSeedRows } from './rows.ts';

/**
 * `pnpm db:seed`: puts the demo's rows into an empty, migrated database; does nothing where there are users already
 * (C9). Answers the number of tasks written. Call it in a transaction.
 */
export async function seed(db: Executor): Promise<number> {
  const [found] = await db.query<{ is_seeded: boolean }>('SELECT EXISTS (SELECT FROM users) AS is_seeded');
  if (found?.is_seeded === true) return 0;
  const rows = makeSeedRows();
  await insertRows(db, users, rows.users);
  // A trigger has made an empty one for each user.
  await updateRows(db, profiles, profiles.userId, rows.profiles);
  await insertRows(db, workspaces, rows.workspaces);
  await insertRows(db, members, rows.members);
  await insertRows(db, projects, rows.projects);
  await insertRows(db, labels, rows.labels);
  await insertRows(db, tasks, rows.tasks);
  await insertRows(db, taskLabels, rows.taskLabels);
  await insertRows(db, comments, rows.comments);
  return rows.tasks.length;
}
