import { readFile, rm, writeFile } from 'node:fs/promises';
import { LockstepError } from '@lockstep/protocol';
import { withConnection } from '../db/connect.ts';
import { fromRoot } from '../root.ts';
import { DEMO_MIGRATION, removeEstimate } from './change.ts';

interface Journal {
  readonly entries: { readonly idx: number; readonly tag: string }[];
}

const JOURNAL = fromRoot('drizzle/meta/_journal.json');

/**
 * Takes the demo's change back: in the running stack's database the column with its tracking rows, the line in the
 * schema, the migration's files. Only for the demo, whose migration nobody else has: a released one is never removed.
 * Each step may have been done by an undo that was interrupted, or not yet by a demo that was. False: there was nothing.
 */
export async function undoDemo(proxyUrl: string): Promise<boolean> {
  const tags = (await readMigrations()).entries.map((entry) => entry.tag);
  const index = tags.findIndex((tag) => tag.endsWith(`_${DEMO_MIGRATION}`));
  const tag = tags[index];
  if (tag === undefined) return removeEstimate();
  if (index < tags.length - 1) {
    throw new LockstepError('CONFIG_INVALID', {
      message: `The newest migration is ${tags.at(-1)}, not the demo's ${tag}.`,
      remedy:
        'With migrations after it the demo can no longer be taken back: keep its column, or drop it in a new one.',
    });
  }
  await removeFromDatabase(proxyUrl, tag);
  await removeEstimate();
  await removeFiles(tag);
  return true;
}

async function readMigrations(): Promise<Journal> {
  return JSON.parse(await readFile(JOURNAL, 'utf8')) as Journal;
}

/** The journal last: while it names the migration, an interrupted undo can be repeated. */
async function removeFiles(tag: string): Promise<void> {
  await rm(fromRoot('drizzle', `${tag}.sql`), { force: true });
  await rm(fromRoot('drizzle/meta', `${tag.slice(0, 4)}_snapshot.json`), { force: true });
  const journal = await readMigrations();
  const entries = journal.entries.filter((entry) => entry.tag !== tag);
  await writeFile(JOURNAL, JSON.stringify({ ...journal, entries }, null, 2));
}

async function removeFromDatabase(proxyUrl: string, tag: string): Promise<void> {
  await withConnection(proxyUrl, async (client) => {
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
