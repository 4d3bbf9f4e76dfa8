import type { PGliteInterface } from '@electric-sql/pglite';
import { formatQualifiedName, quoteIdentifier } from '@lockstep/protocol';
import {
  analyze,
  applyOrFail,
  finish,
  inServerTransaction,
  type ShapeTarget,
  toRowTarget,
  writeBatch,
} from './apply.ts';
import type { Batch } from './batch.ts';
import { stagingTableOf } from './position.ts';

/** What a staged snapshot has grown to. */
export interface Staged {
  readonly rows: number;
  readonly bytes: number;
}

export const NOTHING_STAGED: Staged = { rows: 0, bytes: 0 };

/** Makes an empty staging table beside the shape's rows, which stay readable as they are. */
export async function beginStaging(db: PGliteInterface, target: ShapeTarget): Promise<void> {
  const staging = stagingTableOf(target.shape);
  const columns = target.columns.map(quoteIdentifier).join(', ');
  const key = target.table.key.map(quoteIdentifier).join(', ');
  await applyOrFail(target, async () => {
    await db.transaction(async (tx) => {
      await tx.exec(`DROP TABLE IF EXISTS ${staging};
        CREATE UNLOGGED TABLE ${staging} AS SELECT ${columns} FROM ${formatQualifiedName(target.table)} WITH NO DATA;
        ALTER TABLE ${staging} ADD PRIMARY KEY (${key});`);
    });
  });
}

/** Adds a chunk of the new snapshot, or a change that follows it, to the staging table. No position is saved. */
export async function stageBatch(
  db: PGliteInterface,
  target: ShapeTarget,
  batch: Batch,
  staged: Staged,
): Promise<Staged> {
  if (batch.changes.length > 0) {
    const rows = toRowTarget(target, stagingTableOf(target.shape));
    await applyOrFail(target, () => writeBatch(db, rows, batch, async () => undefined));
  }
  return { rows: staged.rows + batch.changes.length, bytes: staged.bytes + batch.bytes };
}

/**
 * Replaces the table's rows by the staged ones in one transaction and by difference: rows that are gone are deleted,
 * rows that differ are written, the others aren't touched. No query sees anything in between.
 */
export async function finishStaging(
  db: PGliteInterface,
  target: ShapeTarget,
  position: Batch['position'],
  staged: Staged,
): Promise<void> {
  const staging = stagingTableOf(target.shape);
  await applyOrFail(target, () =>
    inServerTransaction(db, async (tx) => {
      await tx.exec(replaceByDifference(target, staging));
      await analyze(tx, target);
      await finish(tx, target, { position, ...staged, isSnapshotStart: true });
    }),
  );
}

function replaceByDifference(target: ShapeTarget, staging: string): string {
  const table = formatQualifiedName(target.table);
  const key = target.table.key.map(quoteIdentifier);
  const all = target.columns.map(quoteIdentifier);
  const rest = all.filter((name) => !key.includes(name));
  const sameKey = key.map((name) => `s.${name} = t.${name}`).join(' AND ');
  const set = rest.map((name) => `${name} = excluded.${name}`).join(', ');
  // Not every type has an equality, and equal numerics may be written differently: text decides.
  const differs = rest.map((name) => `t.${name}::text IS DISTINCT FROM excluded.${name}::text`).join(' OR ');
  const onConflict = rest.length === 0 ? 'NOTHING' : `UPDATE SET ${set} WHERE ${differs}`;
  return `DELETE FROM ${table} AS t WHERE NOT EXISTS (SELECT FROM ${staging} AS s WHERE ${sameKey});
    INSERT INTO ${table} AS t (${all.join(', ')}) SELECT ${all.join(', ')} FROM ${staging}
    ON CONFLICT (${key.join(', ')}) DO ${onConflict};
    DROP TABLE ${staging};`;
}
