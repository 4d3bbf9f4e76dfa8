import type { Database } from '../source/connection.ts';
import { ensurePublished, type PublishingMode } from '../source/publishing.ts';
import { takeSnapshot } from '../source/snapshot.ts';
import type { SnapshotPoint, Table } from '../source/source.ts';
import { defineShape, type ShapeDefinition } from './definition.ts';
import { formatKeyPrefix } from './messages.ts';
import type { Registry } from './registry.ts';
import type { Shape } from './shape.ts';

export interface StartContext {
  readonly database: Database;
  readonly publication: string;
  readonly publishing: PublishingMode;
  readonly registry: Registry;
}

/** Publishes the table, finds the snapshot's point and reads its rows. Ends the shape when that is not possible. */
export async function startShape(shape: Shape, context: StartContext): Promise<void> {
  try {
    const { definition } = shape;
    const { table } = definition;
    const published = await ensurePublished(context.database, context.publication, context.publishing, table);
    if (published.kind === 'failed') return fail(shape, published.message);
    if (published.kind === 'gone') return disappear(shape);
    const result = await takeSnapshot(
      context.database,
      {
        publication: context.publication,
        table,
        columns: definition.columns.map((column) => column.name),
        keyColumns: definition.keyColumns.map((column) => column.name),
        keyPrefix: formatKeyPrefix(table),
        where: definition.where?.sql ?? null,
        rows: definition.mode === 'full',
      },
      {
        onPoint: (current, point) => {
          if (shape.isGone || !isSame(definition, current)) return 'stop';
          if (!context.registry.hasSeenAll(shape, point)) return 'again';
          shape.follow(point, current);
          shape.settleStart({ kind: 'started' });
          return 'go';
        },
        onRow: (json) => shape.snapshot.add(json),
      },
    );
    if (result.kind === 'failed') return fail(shape, result.message);
    if (result.kind !== 'done') return disappear(shape);
    shape.snapshot.add(snapshotEnd(shape.point as SnapshotPoint));
    shape.snapshot.finish();
  } catch (cause) {
    shape.settleStart({ kind: 'unreachable', cause });
    shape.snapshot.fail(cause);
    shape.retire();
  }
}

function disappear(shape: Shape): void {
  shape.retire();
  shape.snapshot.fail(new Error('The table changed while it was read.'));
}

function fail(shape: Shape, message: string): void {
  shape.settleStart({ kind: 'failed', message });
  shape.snapshot.fail(new Error(message));
  shape.retire();
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
