import type { Executor } from '../../run/executor/executor.ts';
import { withFixedSettings } from './fixed-settings.ts';
import { flattenConditions } from './flatten-conditions.ts';
import { DATABASE_QUERIES } from './queries/database.ts';
import { literal, PRELUDE } from './queries/prelude.ts';
import { ROUTINE_QUERIES } from './queries/routines.ts';
import { TABLE_QUERIES } from './queries/tables.ts';
import { TYPE_QUERIES } from './queries/types.ts';
import { type Structure, toStructure } from './structure.ts';
import { unqualifyView } from './view-text.ts';

export interface StructureOptions {
  /** Schemas to ignore beside those of `IGNORED`. */
  readonly ignoreSchemas?: readonly string[];
  /** Tables, views and sequences to ignore, with what belongs to them. */
  readonly ignoreRelations?: readonly { readonly schema: string; readonly name: string }[];
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
export function readStructure(executor: Executor, options: StructureOptions = {}): Promise<Structure> {
  return read(executor, (tx) => tx.query<Row>(QUERY, toParams(options)));
}

const PREPARED = 'lockstep_structure';

/** The same, again and again on one connection: planning this query takes several times as long as running it. */
export async function prepareStructure(executor: Executor): Promise<typeof readStructure> {
  const prepared = await executor.query('SELECT FROM pg_prepared_statements WHERE name = $1::text', [
    PREPARED,
  ]);
  if (prepared.length === 0) await executor.exec(`PREPARE ${PREPARED} (text, text, text) AS ${QUERY}`);
  return (tx, options = {}) =>
    read(tx, (inner) =>
      inner.query<Row>(`EXECUTE ${PREPARED} (${toParams(options).map(literal).join(', ')})`),
    );
}

interface Row {
  readonly identity: string;
  readonly definition: string | null;
}

function toParams({
  ignoreSchemas = [],
  ignoreRelations = [],
  electrified = [],
}: StructureOptions): string[] {
  return [ignoreSchemas, ignoreRelations, electrified].map((list) => JSON.stringify(list));
}

async function read(executor: Executor, query: (tx: Executor) => Promise<Row[]>): Promise<Structure> {
  const rows = await executor.transaction((tx) => withFixedSettings(tx, () => query(tx)));
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
  // The text of a function's body is its author's.
  const flat = identity.startsWith('function ') ? definition : flattenConditions(definition);
  if (version >= FIRST_WITH_PLAIN_VIEWS || !/^(materialized )?view /.test(identity)) return flat;
  return unqualifyView(flat);
}
