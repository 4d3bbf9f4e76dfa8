import type { Migration } from '@lockstep/protocol';
import { electrify } from '../../author/electrify.ts';
import type { JournalMigration } from '../../author/journal-migration.ts';

/** What the files say of a migration, before any database (B9). */
export interface FileStatus {
  readonly tag: string;
  /** Of the synced tables that it creates: `partly` and `no` need `electrify`; `none` where it creates no such table. */
  readonly electrified: 'yes' | 'no' | 'partly' | 'none';
  /** `unused`: there is no committed bundle to be fresh. */
  readonly compiled: 'fresh' | 'stale' | 'missing' | 'unused';
  readonly down: 'written' | 'generated' | 'none';
}

export interface FileFacts {
  readonly syncedTables: readonly string[];
  /** The bundle's entry, for its down. */
  readonly compiled: Migration | undefined;
  readonly compiledStatus: FileStatus['compiled'];
}

export function fileStatus(entry: JournalMigration, facts: FileFacts): FileStatus {
  const { compiled, compiledStatus, syncedTables } = facts;
  return {
    tag: entry.tag,
    electrified: electrifiedStatus(entry, syncedTables),
    compiled: compiledStatus,
    // Not compiled yet, a file that is there counts as its author's.
    down: compiled?.down?.origin ?? (entry.down === null ? 'none' : 'written'),
  };
}

function electrifiedStatus(
  { sql }: JournalMigration,
  syncedTables: readonly string[],
): FileStatus['electrified'] {
  const { inserted, skipped } = electrify(sql, { syncedTables });
  const done = skipped.filter(({ reason }) => reason === 'already-electrified').length;
  if (inserted.length === 0) return done === 0 ? 'none' : 'yes';
  return done === 0 ? 'no' : 'partly';
}
