import { LockstepError } from '@lockstep/protocol';
import { parseSnapshot } from '../generate/read-snapshots.ts';
import { EMPTY_SNAPSHOT, formatIndex, type Snapshot } from '../generate/snapshot.ts';
import { type JournalEntry, parseJournal } from '../parse-journal.ts';
import type { Side } from './sides.ts';

/** A migration of one side, with all that is needed to put it elsewhere. */
export interface SideMigration extends JournalEntry {
  readonly sql: string;
  /** The journal's entry as it is: version, breakpoints. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** One side's history. */
export interface SideHistory {
  readonly side: Side;
  readonly journal: Readonly<Record<string, unknown>>;
  readonly migrations: readonly SideMigration[];
  /** After the n-th of `migrations`; before the first an empty one for -1. Raises SNAPSHOT_INVALID. */
  snapshot(index: number): Promise<Snapshot>;
  /** What the n-th was generated from: after a merge not always the one before it. Raises SNAPSHOT_INVALID. */
  snapshotBefore(index: number): Promise<Snapshot>;
}

/** Raises JOURNAL_INVALID and MIGRATION_FILE_MISSING. A side without a journal has an empty history. */
export async function readHistory(side: Side): Promise<SideHistory> {
  const file = 'meta/_journal.json';
  const text = await side.read(file);
  const entries = text === null ? [] : parseJournal(text, `${side.name}:${file}`);
  const journal = (text === null ? {} : JSON.parse(text)) as Record<string, unknown>;
  const raws = (journal.entries ?? []) as readonly Record<string, unknown>[];
  const migrations = await Promise.all(
    entries.map(async (entry, position) => {
      const sql = await side.read(`${entry.tag}.sql`);
      if (sql === null) throw missing(side, `${entry.tag}.sql`);
      return { ...entry, sql, raw: raws[position] ?? {} };
    }),
  );
  const snapshot = async (index: number): Promise<Snapshot> => {
    const migration = migrations[index];
    if (migration === undefined) return EMPTY_SNAPSHOT;
    for (const name of snapshotNames(migration)) {
      const found = await side.read(`meta/${name}`);
      if (found !== null) return parseSnapshot(found, `${side.name}:meta/${name}`);
    }
    throw missing(side, `meta/${snapshotNames(migration)[0]}`);
  };
  return {
    side,
    journal,
    migrations,
    snapshot,
    snapshotBefore: (index) => findBefore(side, snapshot, index),
  };
}

async function findBefore(
  side: Side,
  snapshot: (index: number) => Promise<Snapshot>,
  index: number,
): Promise<Snapshot> {
  const { prevId } = await snapshot(index);
  for (let earlier = index - 1; earlier >= -1; earlier -= 1) {
    const found = await snapshot(earlier).catch(() => null);
    if (found?.id === prevId) return found;
  }
  throw new LockstepError('SNAPSHOT_INVALID', {
    message: `In ${side.name} the snapshot that migration ${index} was generated from is not there any more.`,
    remedy:
      'Undo the merge (`git reset --hard ORIG_HEAD`), merge again, and run this in the middle of its conflicts.',
  });
}

/** drizzle-kit names a snapshot by its tag's prefix. */
export function snapshotNames({ tag, index }: JournalEntry): readonly string[] {
  return [`${/^\d+/.exec(tag)?.[0] ?? ''}_snapshot.json`, `${formatIndex(index)}_snapshot.json`];
}

function missing(side: Side, file: string): LockstepError {
  return new LockstepError('MIGRATION_FILE_MISSING', {
    message: `${side.name} lists a migration of which it lacks ${file}.`,
    remedy: 'Restore the file on that side, or take the entry out of its journal.',
    place: { file },
  });
}
