import type { Database } from '../source/connection.ts';
import { ensurePublished, type PublishingMode } from '../source/publishing.ts';
import { takeSnapshot } from '../source/snapshot.ts';
import type { SnapshotPoint, Table } from '../source/source.ts';
import { defineShape, type ShapeDefinition } from './definition.ts';
import { formatKeyPrefix } from './messages.ts';
import type { Registry } from './registry.ts';
import type { Shape, StartOutcome } from './shape.ts';

export interface StartContext {
  readonly database: Database;
  readonly publication: string;
  readonly publishing: PublishingMode;
  readonly registry: Registry;
  /** Memberships in the publication that are known to be complete. */
  readonly settled: Set<string>;
}

/** Publishes the table, finds the snapshot's point and reads its rows. Ends the shape when that is not possible. */
export async function startShape(shape: Shape, context: StartContext): Promise<void> {
  try {
    const { definition } = shape;
    const { table } = definition;
    const { database, publication, publishing, settled } = context;
    const published = await ensurePublished(database, publication, publishing, table, settled);
    if (published.kind === 'failed') return fail(shape, { kind: 'failed', message: published.message });
    if (published.kind === 'gone') return disappear(shape);
    let asOf = 0;
    const result = await takeSnapshot(
      database,
      {
        publication,
        table,
        columns: definition.columns.map((column) => column.name),
        keyColumns: definition.keyColumns.map((column) => column.name),
        keyPrefix: formatKeyPrefix(table),
        where: definition.where?.sql ?? null,
        rows: definition.mode === 'full',
      },
      {
        onAttempt: () => {
          asOf = context.registry.tick();
        },
        onPoint: (current, point) => {
          if (shape.isGone || !isSame(definition, current)) return 'stop';
          if (!context.registry.hasSeenAll(shape, point)) return 'again';
          shape.follow(point, current, asOf);
          return 'go';
        },
        onRow: (json) => {
          shape.snapshot.add(json);
          shape.settleStart({ kind: 'started' });
        },
      },
    );
    if (result.kind === 'failed') return fail(shape, { kind: 'failed', message: result.message });
    if (result.kind === 'invalid') return fail(shape, { kind: 'invalid' });
    if (result.kind !== 'done') return disappear(shape);
    shape.snapshot.add(snapshotEnd(shape.point as SnapshotPoint));
    shape.snapshot.finish();
    shape.settleStart({ kind: 'started' });
  } catch (cause) {
    fail(shape, { kind: 'unreachable', cause });
  }
}

function disappear(shape: Shape): void {
  shape.retire();
  shape.snapshot.fail(new Error('The table changed while it was read.'));
}

function fail(shape: Shape, outcome: StartOutcome): void {
  shape.settleStart(outcome);
  shape.retire();
  shape.snapshot.fail(new Error('The snapshot could not be read.'));
}

/** Whether the definition would be the same on the table as the snapshot sees it. */
function isSame(definition: ShapeDefinition, current: Table): boolean {
  const again = defineShape({
    table: current,
    columns: definition.selectsAll ? null : definition.columns.map((column) => column.name),
    where: definition.where,
    replica: definition.replica,
    mode: definition.mode,
  });
  return again.key === definition.key && again.fingerprint === definition.fingerprint;
}

function snapshotEnd(point: SnapshotPoint): Uint8Array {
  const headers = {
    control: 'snapshot-end',
    xip_list: point.running.map(String),
    xmax: String(point.xmax),
    xmin: String(point.xmin),
  };
  return new TextEncoder().encode(JSON.stringify({ headers }));
}
