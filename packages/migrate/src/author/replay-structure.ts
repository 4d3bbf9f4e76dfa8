import type { StructurePromise } from '@lockstep/protocol';
import { quoteIdentifier } from '@lockstep/protocol';
import { EMPTY_STRUCTURE, type Structure, structureDelta, structureFor } from '../operate/structure/index.ts';
import type { Executor } from '../run/executor/executor.ts';
import { readSqlError } from '../run/sql-error.ts';
import { parseCreateExtension } from '../sql/create-extension.ts';
import { type FileStatement, placeOf } from './replay-error.ts';

/** The structure after the migrations so far. */
export interface ReplayedStructure {
  /** A server's; an embedded database's where the server's is unknown. */
  readonly structure: Structure;
  readonly serverUnknown: string | null;
  /** Extensions that were created and that PGlite lacks. */
  readonly unavailable: readonly string[];
}

export const EMPTY_REPLAYED_STRUCTURE: ReplayedStructure = {
  structure: EMPTY_STRUCTURE,
  serverUnknown: null,
  unavailable: [],
};

/** What is noticed while a migration is replayed. */
export interface StructureWatch {
  serverUnknown: string | null;
  unavailable: string[];
}

/**
 * Runs a statement that servers alone get, so that what they promise is known. One that PGlite doesn't take (its
 * surroundings are on the server only) is left out, and from then on nothing is promised of servers.
 */
export async function runForServer(tx: Executor, where: FileStatement, watch: StructureWatch): Promise<void> {
  const { serverEffect, text } = where.statement;
  if (watch.serverUnknown !== null || serverEffect === 'none') return;
  if (serverEffect === 'foreign') return forgetServer(tx, where, watch, 'foreign tables are not replayed');
  try {
    await runWithRoles(tx, text);
  } catch (error) {
    const refusal = readSqlError(error);
    if (refusal === null) throw error;
    await forgetServer(tx, where, watch, refusal.message);
  }
}

/** Roles are the cluster's, and made elsewhere as a rule: here they are made when a policy names them. */
async function runWithRoles(tx: Executor, sql: string): Promise<void> {
  const made = new Set<string>();
  for (;;) {
    try {
      return await tx.transaction((inner) => inner.exec(sql));
    } catch (error) {
      const role = missingRole(error);
      if (role === null || made.has(role)) throw error;
      made.add(role);
      await tx.exec(`CREATE ROLE ${quoteIdentifier(role)}`);
    }
  }
}

function missingRole(error: unknown): string | null {
  const refusal = readSqlError(error);
  if (refusal?.sqlState !== '42704') return null;
  return /^role "(.+)" does not exist$/.exec(refusal.message)?.[1] ?? null;
}

const FORGET = `DO $lockstep$ DECLARE found record; BEGIN
  FOR found IN SELECT polname AS name, polrelid::regclass AS relation FROM pg_policy LOOP
    EXECUTE format('DROP POLICY %I ON %s', found.name, found.relation);
  END LOOP;
  FOR found IN SELECT pubname AS name FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', found.name); END LOOP;
END $lockstep$`;

/** What later statements would drop or change, but isn't kept up any more, must not stand in the way of the others. */
async function forgetServer(
  tx: Executor,
  where: FileStatement,
  watch: StructureWatch,
  reason: string,
): Promise<void> {
  const { line } = placeOf(where);
  watch.serverUnknown = `${where.file}, line ${line}, was not replayed as a server does it: ${reason}.`;
  await tx.exec(FORGET);
}

/** An embedded database creates an extension where it has it: says when PGlite lacks it, and the server does not. */
export async function lookForExtension(
  tx: Executor,
  where: FileStatement,
  watch: StructureWatch,
): Promise<void> {
  const { statement } = where;
  if (statement.node !== 'CreateExtensionStmt') return;
  const { name } = parseCreateExtension(statement.text);
  const found = await tx.query('SELECT FROM pg_extension WHERE extname = $1::text', [name]);
  if (found.length > 0) return;
  watch.unavailable.push(name);
  if (watch.serverUnknown === null) await forgetServer(tx, where, watch, `PGlite has no extension ${name}`);
}

/** What a migration promises, given what there is after its replay. */
export function promiseStructure(
  before: ReplayedStructure,
  watch: StructureWatch,
  found: Structure,
): { readonly promise: StructurePromise; readonly state: ReplayedStructure } {
  const { serverUnknown, unavailable } = watch;
  const structure = serverUnknown === null ? found : structureFor('embedded', found);
  const delta = structureDelta(before.structure, structure);
  return {
    promise: { delta: { set: { ...delta.set }, drop: [...delta.drop] }, serverUnknown },
    state: { structure, serverUnknown, unavailable },
  };
}
