import type { PGliteInterface, Transaction } from '@electric-sql/pglite';
import { formatQualifiedName, LockstepError, quoteLiteral } from '@lockstep/protocol';
import { describeError } from '../error-report.ts';
import { type Batch, coalesce, type Position } from './batch.ts';
import { savePosition } from './position.ts';
import type { LocalTable } from './table.ts';
import { copyRows, type RowTarget, writeNetChanges } from './write-rows.ts';

/** A shape and the local table that its rows go into. */
export interface ShapeTarget {
  readonly shape: string;
  /** The table by the name that the application uses. */
  readonly name: string;
  readonly table: LocalTable;
  /** The columns asked for, in the local table's order. */
  readonly columns: readonly string[];
}

/** COPY pays from about here; below it one statement does. */
const COPY_ROWS_MIN = 20;
/** Statistics of fewer rows change no plan. */
const ANALYZE_ROWS_MIN = 50;
const UNIQUE_VIOLATION = '23505';

/**
 * Writes a batch and its position in one transaction and wakes the live queries. All of it or nothing:
 * raises `SYNC_APPLY_FAILED` and leaves rows and position as they were.
 */
export async function applyBatch(
  db: PGliteInterface,
  target: ShapeTarget,
  batch: Batch,
  isSnapshotStart: boolean,
): Promise<void> {
  const rows = toRowTarget(target, formatQualifiedName(target.table));
  const { position, bytes } = batch;
  const outcome = { position, bytes, rows: batch.changes.length, isSnapshotStart };
  await applyOrFail(target, () =>
    writeBatch(db, rows, batch, async (tx) => {
      if (batch.isSnapshot && batch.changes.length >= ANALYZE_ROWS_MIN) await analyze(tx, target);
      await finish(tx, target, outcome);
    }),
  );
}

/** Nobody else gathers statistics here, and without them the first queries are planned for a table of another size. */
export async function analyze(tx: Transaction, { table }: ShapeTarget): Promise<void> {
  await tx.exec(`ANALYZE ${formatQualifiedName(table)}`);
}

/** Writes rows in whichever way is fastest that can't go wrong; `last` runs in the same transaction. */
export async function writeBatch(
  db: PGliteInterface,
  target: RowTarget,
  batch: Batch,
  last: (tx: Transaction) => Promise<void>,
): Promise<void> {
  if (batch.isSnapshot && batch.changes.length >= COPY_ROWS_MIN) {
    try {
      await inServerTransaction(db, async (tx) => {
        await copyRows(
          tx,
          target,
          batch.changes.map(({ value }) => value),
        );
        await last(tx);
      });
      return;
    } catch (error) {
      // A row is here already: a chunk came again. Written by key it does no harm.
      if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
    }
  }
  await inServerTransaction(db, async (tx) => {
    await writeNetChanges(tx, target, coalesce(batch.changes));
    await last(tx);
  });
}

/** A transaction in which no trigger fires: what it writes is the server's, not the person's (decision 8). */
export async function inServerTransaction(
  db: PGliteInterface,
  body: (tx: Transaction) => Promise<void>,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.exec('SET LOCAL session_replication_role = replica');
    await body(tx);
  });
  // PGlite commits before it flushes (its issue 1065). Rows and position are lost together if the flush
  // doesn't happen, so nobody waits for it.
  db.syncToFs?.().catch(() => undefined);
}

/** What a transaction of server rows stores beside them. */
export interface Outcome {
  readonly position: Position;
  readonly rows: number;
  readonly bytes: number;
  /** The counters begin anew. */
  readonly isSnapshotStart: boolean;
}

/** Saves the position and wakes live queries at commit; the triggers of PGlite's own don't fire here. */
export async function finish(tx: Transaction, target: ShapeTarget, outcome: Outcome): Promise<void> {
  const { position, rows, bytes } = outcome;
  const { shape, name, columns } = target;
  const save = savePosition({ shape, table: name, columns, position, rows, bytes }, outcome.isSnapshotStart);
  await tx.exec(save + (rows > 0 ? notifyLiveQueries(target.table) : ''));
}

/** PGlite's live queries listen on a channel that is named by the table's and its schema's OID. */
function notifyLiveQueries(table: LocalTable): string {
  const relation = quoteLiteral(formatQualifiedName(table));
  return `SELECT pg_notify('table_change__' || relnamespace || '__' || oid, '') FROM pg_class WHERE oid = ${relation}::regclass;`;
}

export function toRowTarget(target: ShapeTarget, relation: string): RowTarget {
  return {
    relation,
    columns: target.table.columns.filter(({ name }) => target.columns.includes(name)),
    key: target.table.key,
  };
}

/** Wraps what Postgres refused in the error that a person meets. */
export async function applyOrFail(target: ShapeTarget, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    throw new LockstepError('SYNC_APPLY_FAILED', {
      message: `Rows of "${target.name}" could not be written to the local database: ${describeError(error)}`,
      remedy:
        'Nothing is lost: it is tried again from the stored position. If it goes on, reload the page for its newest version.',
      details: { table: target.name, sqlState: sqlStateOf(error) },
      cause: error,
    });
  }
}

function sqlStateOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}
