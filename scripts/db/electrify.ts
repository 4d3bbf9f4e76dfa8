import { type ElectrifyReport, electrifyFolder, readMigrations } from '@lockstep/migrate/node';
import { LockstepError } from '@lockstep/protocol';
import * as schema from '@org/core/schema';
import { getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import config from '../../lockstep.config.ts';
import { fromRoot } from '../root.ts';
import { formatTable } from '../table.ts';

export interface ElectrifyOptions {
  /** Writes nothing; a file that would change is an error. */
  readonly check: boolean;
}

/** Adds `ENABLE ELECTRIC` after each `CREATE TABLE` of a synced table, and prints what it processed (B3). */
export async function electrify(options: ElectrifyOptions): Promise<void> {
  requireEveryTableDecided();
  const folder = fromRoot(config.migrations);
  const report = await electrifyFolder({
    folder,
    syncedTables: config.synced,
    released: releasedTags((await readMigrations(folder)).map(({ tag }) => tag)),
    check: options.check,
  });
  if (options.check) return requireNothingToInsert(report);
  const rows = report.files.flatMap(({ tag, inserted, skipped }) => [
    ...inserted.map(({ table }) => [tag, table, 'electrified']),
    ...skipped.map(({ table, reason }) => [tag, table, REASONS[reason] ?? reason]),
  ]);
  if (rows.length === 0) console.log('No CREATE TABLE in unreleased migrations.');
  else console.log(formatTable(['migration', 'table', 'what'], rows));
}

function requireNothingToInsert({ files, isChanged }: ElectrifyReport): void {
  if (!isChanged) return;
  const tables = files.flatMap(({ tag, inserted }) =>
    inserted.map(({ table }) => `${table} in drizzle/${tag}.sql`),
  );
  throw new LockstepError('BUNDLE_STALE', {
    message: `Synced tables are created without ENABLE ELECTRIC: ${tables.join(', ')}.`,
    remedy: 'Run `pnpm db:electrify` and commit what it writes.',
  });
}

const REASONS: Readonly<Record<string, string>> = {
  'already-electrified': 'electrified before',
  'not-synced': 'stays on the server',
};

/** A table that is neither synced nor kept on the server was forgotten: whose it is must be said. */
function requireEveryTableDecided(): void {
  const decided = new Set([...config.synced, ...config.serverOnly]);
  const undecided = Object.values(schema)
    .filter((value) => is(value, PgTable))
    .map((table) => getTableName(table))
    .filter((name) => !decided.has(name));
  if (undecided.length === 0) return;
  throw new LockstepError('ELECTRIFY_UNKNOWN_TABLE', {
    message: `Nothing says whether clients hold ${undecided.join(', ')}.`,
    remedy: 'Add it to `shapes` in packages/core/src/shapes.ts, or to `serverOnlyTables` there.',
  });
}

function releasedTags(tags: readonly string[]): readonly string[] {
  if (config.releasedUpTo === null) return [];
  const newest = tags.indexOf(config.releasedUpTo);
  if (newest === -1) {
    // Taken for "nothing is released", a misspelt tag would let released files be changed.
    throw new LockstepError('CONFIG_INVALID', {
      message: `releasedUpTo in lockstep.config.ts names ${config.releasedUpTo}, which the journal does not have.`,
      remedy: `Set it to a migration's tag, e.g. ${tags.at(-1)}, or to null while nothing is released.`,
    });
  }
  return tags.slice(0, newest + 1);
}
