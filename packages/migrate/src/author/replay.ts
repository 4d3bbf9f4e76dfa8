import { LockstepError, type MigrationProgram, type StructurePromise } from '@lockstep/protocol';
import type { readStructure } from '../operate/structure/index.ts';
import type { Executor } from '../run/executor/executor.ts';
import type { Parser } from '../sql/parser.ts';
import { formatTableName, tableLabel } from '../sql/table-name.ts';
import type { TableName } from '../sql/token-reader.ts';
import { type AddedColumns, observeAddedColumns } from './added-columns.ts';
import { introspect } from './introspect.ts';
import type { Introspection } from './introspection.ts';
import { observeWrites, type WriteObserver } from './observe-writes.ts';
import { replayProgram } from './program/replay-program.ts';
import { type FileStatement, placeOf, replayError } from './replay-error.ts';
import {
  EMPTY_REPLAYED_STRUCTURE,
  lookForExtension,
  promiseStructure,
  type ReplayedStructure,
  runForServer,
  type StructureWatch,
} from './replay-structure.ts';
import type { SteppedFile, SteppedStatement } from './steps.ts';

/** A migration's file with its statements, and the steps in which it is replayed. */
export interface ReplayedFile extends SteppedFile {
  readonly replay: readonly SteppedStatement[];
  /** Runs in place of the statements; with the path of its module. */
  readonly program: { readonly file: string; readonly program: MigrationProgram } | null;
}

/** What one migration did to the synced tables. */
export interface ReplayStep {
  readonly before: Introspection;
  readonly after: Introspection;
  readonly added: AddedColumns;
  readonly writes: WriteObserver;
  readonly structure: StructurePromise;
}

/** The state between migrations: which tables are synced, by OID, so that renames are followed. */
export interface ReplayState {
  readonly synced: ReadonlySet<number>;
  readonly introspection: Introspection;
  readonly structure: ReplayedStructure;
}

export const EMPTY_REPLAY: ReplayState = {
  synced: new Set(),
  introspection: { tables: [], enums: [] },
  structure: EMPTY_REPLAYED_STRUCTURE,
};

export interface ReplayTools {
  readonly parser: Parser;
  readonly readStructure: typeof readStructure;
}

/**
 * Runs one migration in its plain form, statement by statement in a transaction for each step, and looks at the synced
 * tables afterwards. Raises MIGRATION_SYNTAX, REPLICA_UNSUPPORTED, ELECTRIFY_UNKNOWN_TABLE, ELECTRIFY_NO_KEY.
 */
export async function replayMigration(
  db: Executor,
  { parser, readStructure }: ReplayTools,
  state: ReplayState,
  migration: ReplayedFile,
): Promise<{ readonly step: ReplayStep; readonly state: ReplayState }> {
  const before = state.introspection;
  const synced = new Set(state.synced);
  const added = observeAddedColumns(before);
  const writes = observeWrites();
  const watch: StructureWatch = {
    serverUnknown: state.structure.serverUnknown,
    unavailable: [...state.structure.unavailable],
  };
  if (migration.program !== null) {
    const { file, program } = migration.program;
    writes.touchAnything();
    await replayProgram(db, parser, file, program, {
      async before(tx, statement) {
        if (statement.electric === null) await writes.look(tx, statement);
        else
          await electrifyTable(tx, synced, {
            file,
            sql: statement.text,
            statement: { ...statement, start: 0 },
            position: 1,
          });
      },
      after: (tx, statement) => added.look(tx, statement),
    });
  } else {
    await replayStatements(db, migration, { synced, writes, added, watch });
  }
  return db.transaction(async (tx) => {
    const after = await introspect(tx, parser, [...synced]);
    requireReplicable(migration, after);
    const oids = after.tables.map(({ oid }) => oid);
    const found = await readStructure(tx, { electrified: oids });
    const promised = promiseStructure(state.structure, watch, found);
    return {
      step: { before, after, added, writes, structure: promised.promise },
      state: { synced: new Set(oids), introspection: after, structure: promised.state },
    };
  });
}

interface Observers {
  readonly synced: Set<number>;
  readonly writes: WriteObserver;
  readonly added: AddedColumns;
  readonly watch: StructureWatch;
}

async function replayStatements(
  db: Executor,
  migration: ReplayedFile,
  { synced, writes, added, watch }: Observers,
): Promise<void> {
  for (const statements of inTransactions(migration)) {
    await db.transaction(async (tx) => {
      for (const where of statements) {
        if (where.statement.electric !== null) await electrifyTable(tx, synced, where);
        else if (where.statement.isServerOnly) await runForServer(tx, where, watch);
        else await runStatement(tx, where, writes, watch);
        await added.look(tx, where.statement);
      }
    });
  }
}

interface ReplayedStatement extends FileStatement {
  /** What the replay runs of it. */
  readonly plain: string;
}

function inTransactions(migration: ReplayedFile): readonly (readonly ReplayedStatement[])[] {
  const transactions: ReplayedStatement[][] = [];
  for (const { step, source, sql } of migration.replay) {
    const position = migration.statements.indexOf(source) + 1;
    const transaction = transactions[step] ?? [];
    transaction.push({ ...migration, statement: source, position, plain: sql });
    transactions[step] = transaction;
  }
  return transactions;
}

async function runStatement(
  tx: Executor,
  where: ReplayedStatement,
  writes: WriteObserver,
  watch: StructureWatch,
): Promise<void> {
  const { statement, plain } = where;
  if (statement.needsInput) {
    throw new LockstepError('REPLICA_UNSUPPORTED', {
      message: 'COPY FROM STDIN or PROGRAM has no place in a migration: runners send no data after it.',
      remedy: 'Write the rows as INSERT statements.',
      place: placeOf(where),
    });
  }
  try {
    await writes.look(tx, statement);
    await tx.exec(plain);
    await lookForExtension(tx, where, watch);
  } catch (error) {
    throw replayError(where, error, watch.unavailable);
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
