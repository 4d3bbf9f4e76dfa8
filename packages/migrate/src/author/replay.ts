import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../run/executor/executor.ts';
import type { ClassifiedStatement } from '../sql/classify.ts';
import type { Parser } from '../sql/parser.ts';
import { plainForm } from '../sql/plain-form.ts';
import { formatTableName, tableLabel } from '../sql/table-name.ts';
import type { TableName } from '../sql/token-reader.ts';
import { type AddedColumns, observeAddedColumns } from './added-columns.ts';
import { introspect } from './introspect.ts';
import type { Introspection } from './introspection.ts';
import { observeWrites, type WriteObserver } from './observe-writes.ts';
import { type FileStatement, placeOf, replayError } from './replay-error.ts';

/** A migration's file with its statements. */
export interface ReplayedFile {
  readonly file: string;
  readonly sql: string;
  readonly statements: readonly ClassifiedStatement[];
}

/** What one migration did to the synced tables. */
export interface ReplayStep {
  readonly before: Introspection;
  readonly after: Introspection;
  readonly added: AddedColumns;
  readonly writes: WriteObserver;
}

/** The state between migrations: which tables are synced, by OID, so that renames are followed. */
export interface ReplayState {
  readonly synced: ReadonlySet<number>;
  readonly introspection: Introspection;
}

export const EMPTY_REPLAY: ReplayState = { synced: new Set(), introspection: { tables: [], enums: [] } };

/**
 * Runs one migration in its plain form, statement by statement in one transaction, and looks at the synced tables
 * afterwards. Raises MIGRATION_SYNTAX, REPLICA_UNSUPPORTED, ELECTRIFY_UNKNOWN_TABLE, ELECTRIFY_NO_KEY.
 */
export async function replayMigration(
  db: Executor,
  parser: Parser,
  state: ReplayState,
  migration: ReplayedFile,
): Promise<{ readonly step: ReplayStep; readonly state: ReplayState }> {
  const before = state.introspection;
  const synced = new Set(state.synced);
  return db.transaction(async (tx) => {
    const added = observeAddedColumns(tx, before);
    const writes = observeWrites(tx);
    for (const [index, statement] of migration.statements.entries()) {
      const where: FileStatement = { ...migration, statement, position: index + 1 };
      if (statement.electric !== null) await electrifyTable(tx, synced, where);
      else await runStatement(tx, where, writes);
      await added.look(statement);
    }
    const after = await introspect(tx, parser, [...synced]);
    requireReplicable(migration, after);
    return {
      step: { before, after, added, writes },
      state: { synced: new Set(after.tables.map(({ oid }) => oid)), introspection: after },
    };
  });
}

async function runStatement(tx: Executor, where: FileStatement, writes: WriteObserver): Promise<void> {
  const { statement, sql } = where;
  const plain = plainForm(statement, sql);
  if (plain === null) return;
  if (statement.needsInput) {
    throw new LockstepError('REPLICA_UNSUPPORTED', {
      message: 'COPY FROM STDIN or PROGRAM has no place in a migration: runners send no data after it.',
      remedy: 'Write the rows as INSERT statements.',
      place: placeOf(where),
    });
  }
  try {
    await writes.look(statement);
    await tx.exec(plain);
  } catch (error) {
    throw replayError(where, error);
  }
}

async function electrifyTable(tx: Executor, synced: Set<number>, where: FileStatement): Promise<void> {
  const { electric } = where.statement;
  if (electric === null) return;
  const oid = await findTable(tx, electric.table);
  if (oid === null && electric.ifExists) return;
  if (oid === null) {
    throw new LockstepError('ELECTRIFY_UNKNOWN_TABLE', {
      message: `There is no table ${tableLabel(electric.table)} at this point of the history.`,
      remedy: 'Put ENABLE ELECTRIC behind the CREATE TABLE of the table, and spell its name as there.',
      place: placeOf(where),
    });
  }
  if (electric.kind === 'enable-electric') synced.add(oid);
  else synced.delete(oid);
}

/** The OID of a table as the search path finds it, or null. */
async function findTable(tx: Executor, table: TableName): Promise<number | null> {
  const [row] = await tx.query<{ oid: number | null }>(
    'SELECT to_regclass($1::text)::oid::int8::int4 AS oid',
    [formatTableName(table)],
  );
  return row?.oid ?? null;
}

function requireReplicable({ file, sql, statements }: ReplayedFile, { tables }: Introspection): void {
  for (const table of tables) {
    const label = tableLabel(table);
    const index = statements.findIndex(
      ({ electric, table: named }) => electric?.kind === 'enable-electric' && named?.name === table.name,
    );
    const statement = statements[index];
    const place = statement === undefined ? { file } : placeOf({ file, sql, statement, position: index + 1 });
    if (table.key === null) {
      throw new LockstepError('ELECTRIFY_NO_KEY', {
        message: `The synced table ${label} has no primary key, so its rows can't be told apart on a client.`,
        remedy: 'Give it a primary key, or keep it on the server (DISABLE ELECTRIC).',
        place,
      });
    }
    const odd = table.columns.find(({ typeKind }) => typeKind === 'other');
    if (odd !== undefined) {
      throw new LockstepError('REPLICA_UNSUPPORTED', {
        message: `Column ${odd.name} of the synced table ${label} has the type ${odd.type}, which a replica can't have.`,
        remedy: "Use one of Postgres's own types, an enum, or a domain over one of them.",
        place,
      });
    }
  }
}
