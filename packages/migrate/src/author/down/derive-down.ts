import type { Executor } from '../../run/executor/executor.ts';
import { type ElectricStatement, parseElectricStatement } from '../../sql/electric-statement.ts';
import type { Catalogue } from './catalogue.ts';
import { dropStatements } from './drops.ts';
import { matchCatalogues } from './match-catalogues.ts';
import { readCatalogue } from './read-catalogue.ts';
import { rebuildStatements, type SyncedTables } from './rebuild.ts';
import { renameStatements } from './renames.ts';

/** The statements that lead back from one state of a database to an earlier one, in order. */
export interface DerivedDown {
  readonly statements: readonly string[];
  /** Behind how many of them the stash is restored. */
  readonly restoreAfter: number;
}

/**
 * Leads a database back to how it was, and answers how: it is in the state `after` when this is called, and in that of
 * `before` when it returns. In three stages, each of which looks at what the last one left, because Postgres itself
 * carries a rename through every definition. Throws what Postgres says where a stage can't be carried out.
 */
export async function deriveDown(
  tx: Executor,
  before: Catalogue,
  after: Catalogue,
  synced: SyncedTables,
): Promise<DerivedDown> {
  const drops = dropStatements(matchCatalogues(before, after));
  await runPlain(tx, drops);
  const renames = renameStatements(matchCatalogues(before, await seen(tx, drops, after)));
  await runPlain(tx, renames);
  const renamed = await seen(tx, [...drops, ...renames], after);
  const { first, second } = rebuildStatements(matchCatalogues(before, renamed), synced);
  await runPlain(tx, [...first, ...second]);
  const statements = [...drops, ...renames, ...first];
  return { statements: [...statements, ...second], restoreAfter: statements.length };
}

/** ENABLE ELECTRIC is the proxy's, and nothing to a database that is looked at. */
async function runPlain(tx: Executor, statements: readonly string[]): Promise<void> {
  for (const sql of statements) if (electricOf(sql) === null) await tx.exec(sql);
}

function electricOf(sql: string): ElectricStatement | null {
  return parseElectricStatement(sql);
}

function seen(tx: Executor, done: readonly string[], unchanged: Catalogue): Catalogue | Promise<Catalogue> {
  return done.length === 0 ? unchanged : readCatalogue(tx);
}
