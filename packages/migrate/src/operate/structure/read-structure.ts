import type { Executor } from '../../run/executor/executor.ts';
import { withFixedSettings } from './fixed-settings.ts';
import { DATABASE_QUERIES } from './queries/database.ts';
import { PRELUDE } from './queries/prelude.ts';
import { ROUTINE_QUERIES } from './queries/routines.ts';
import { TABLE_QUERIES } from './queries/tables.ts';
import { TYPE_QUERIES } from './queries/types.ts';
import { type Structure, toStructure } from './structure.ts';
import { unqualifyView } from './view-text.ts';

export interface StructureOptions {
  /** Schemas to ignore beside those of `IGNORED`. */
  readonly ignoreSchemas?: readonly string[];
  /** Tables and views to ignore, as Postgres quotes them: `public._migrations`. */
  readonly ignoreTables?: readonly string[];
  /** OIDs of tables that are Electric's without being in its publication: their replica identity is left out. */
  readonly electrified?: readonly number[];
}

const QUERY = `WITH ${PRELUDE}
SELECT 'version' AS identity, current_setting('server_version_num') AS definition
${[...TABLE_QUERIES, ...TYPE_QUERIES, ...ROUTINE_QUERIES, ...DATABASE_QUERIES].map((part) => `UNION ALL (${part})`).join('\n')}`;

/**
 * Describes a database (item for item in `Structure`), without what `IGNORED` lists. Reads only; in a transaction of
 * its own, or in the one that `executor` is. Throws what the driver throws.
 */
export async function readStructure(executor: Executor, options: StructureOptions = {}): Promise<Structure> {
  const { ignoreSchemas = [], ignoreTables = [], electrified = [] } = options;
  const rows = await executor.transaction((tx) =>
    withFixedSettings(tx, () =>
      tx.query<{ identity: string; definition: string | null }>(QUERY, [
        JSON.stringify(ignoreSchemas),
        JSON.stringify(ignoreTables),
        JSON.stringify(electrified),
      ]),
    ),
  );
  const version = Number(rows.find(({ identity }) => identity === 'version')?.definition);
  return toStructure(
    rows.flatMap(({ identity, definition }): (readonly [string, string])[] => {
      // What another session dropped while this one was reading has no definition any more.
      if (identity === 'version' || definition === null) return [];
      return [[identity, normalise(identity, definition, version)]];
    }),
  );
}

const FIRST_WITH_PLAIN_VIEWS = 160_000;

function normalise(identity: string, definition: string, version: number): string {
  if (version >= FIRST_WITH_PLAIN_VIEWS || !/^(materialized )?view /.test(identity)) return definition;
  return unqualifyView(definition);
}
