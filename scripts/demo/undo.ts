import { readFile, rm, writeFile } from 'node:fs/promises';
import { LockstepError } from '@lockstep/protocol';
import { withConnection } from '../db/connect.ts';
import { fromRoot } from '../root.ts';
import { findRunningStack } from '../stack/running.ts';
import { DEMO_MIGRATION, removeEstimate } from './change.ts';

interface Journal {
  readonly entries: { readonly idx: number; readonly tag: string }[];
}

const JOURNAL = fromRoot('drizzle/meta/_journal.json');

/**
 * Takes the demo's change back: the line in the schema, the migration's files and, in the running stack's database,
 * the column with its tracking rows. Only for the demo, whose migration nobody else has: a released one is never removed.
 */
export async function undoDemo(): Promise<void> {
  const tag = await newestTag();
  if (!tag.endsWith(`_${DEMO_MIGRATION}`)) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `The newest migration is ${tag}, not the demo's.`,
      remedy: 'There is nothing to undo; with migrations after it the demo can no longer be taken back.',
    });
  }
  await removeFromDatabase(tag);
  await removeEstimate();
  await removeFiles(tag);
}

async function newestTag(): Promise<string> {
  const journal = JSON.parse(await readFile(JOURNAL, 'utf8')) as Journal;
  return journal.entries.at(-1)?.tag ?? '';
}

async function removeFiles(tag: string): Promise<void> {
  const journal = JSON.parse(await readFile(JOURNAL, 'utf8')) as Journal;
  const entries = journal.entries.filter((entry) => entry.tag !== tag);
  await writeFile(JOURNAL, JSON.stringify({ ...journal, entries }, null, 2));
  await rm(fromRoot('drizzle', `${tag}.sql`), { force: true });
  await rm(fromRoot('drizzle/meta', `${tag.slice(0, 4)}_snapshot.json`), { force: true });
}

async function removeFromDatabase(tag: string): Promise<void> {
  const running = await findRunningStack();
  if (running === null) return;
  await withConnection(running.proxyUrl, async (client) => {
    await client.query('BEGIN');
    await client.query('ALTER TABLE tasks DROP COLUMN IF EXISTS estimate');
    const removed = await client.query<{ hash: string }>(
      'DELETE FROM lockstep.migrations WHERE tag = $1 RETURNING hash',
      [tag],
    );
    await client.query('DELETE FROM drizzle.__drizzle_migrations WHERE hash = $1', [
      removed.rows[0]?.hash ?? '',
    ]);
    await client.query('COMMIT');
  });
}
