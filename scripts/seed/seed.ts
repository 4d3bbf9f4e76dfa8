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
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import type { PgTable } from 'drizzle-orm/pg-core';
import { withConnection } from '../db/connect.ts';
import { makeSeedRows } from './rows.ts';

const ROWS_PER_STATEMENT = 500;

/**
 * Puts the demo's rows into an empty, migrated database; does nothing where there are users already (C9).
 * Answers the number of tasks written. All or nothing: one transaction.
 */
export async function seed(databaseUrl: string): Promise<number> {
  return withConnection(databaseUrl, (client) =>
    drizzle(client).transaction(async (tx) => {
      const [found] = (await tx.execute(sql`SELECT EXISTS (SELECT FROM users) AS is_seeded`)).rows;
      if (found?.is_seeded === true) return 0;
      const rows = makeSeedRows();
      const insert = async (table: PgTable, values: readonly object[]) => {
        for (let from = 0; from < values.length; from += ROWS_PER_STATEMENT) {
          await tx.insert(table).values(values.slice(from, from + ROWS_PER_STATEMENT) as never);
        }
      };
      await insert(users, rows.users);
      for (const { userId, ...profile } of rows.profiles) {
        await tx.update(profiles).set(profile).where(sql`${profiles.userId} = ${userId}`);
      }
      await insert(workspaces, rows.workspaces);
      await insert(members, rows.members);
      await insert(projects, rows.projects);
      await insert(labels, rows.labels);
      await insert(tasks, rows.tasks);
      await insert(taskLabels, rows.taskLabels);
      await insert(comments, rows.comments);
      return rows.tasks.length;
    }),
  );
}
