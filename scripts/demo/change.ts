import { readFile, writeFile } from 'node:fs/promises';
import { fromRoot } from '../root.ts';

/** The demo's schema change, as a developer types it: one line in the schema. */
const FILE = fromRoot('packages/core/src/schema/tasks.ts');
const BEFORE = "    assigneeId: uuid('assignee_id')";
const LINE = "    estimate: integer('estimate').notNull().default(1),\n";

export const DEMO_MIGRATION = 'add_estimate';

/** False when the line is there already. */
export async function addEstimate(): Promise<boolean> {
  const text = await readFile(FILE, 'utf8');
  if (text.includes(LINE)) return false;
  await writeFile(FILE, text.replace(BEFORE, LINE + BEFORE));
  return true;
}

/** False when the line is not there. */
export async function removeEstimate(): Promise<boolean> {
  const text = await readFile(FILE, 'utf8');
  if (!text.includes(LINE)) return false;
  await writeFile(FILE, text.replace(LINE, ''));
  return true;
}
