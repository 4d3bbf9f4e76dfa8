import type { PGliteInterface } from '@electric-sql/pglite';
import type { ClientShape } from '@lockstep/protocol';
import type { Inspection } from './contract.ts';
import { readAppliedRows } from './local-schema.ts';
import { readStoredShapes } from './read/position.ts';
import { countRows, readLocalTables } from './read/table.ts';

/** A12: the local database as it is. */
export async function inspectDatabase(
  db: PGliteInterface,
  shapes: readonly ClientShape[],
): Promise<Inspection> {
  const applied = await readAppliedRows(db);
  const stored = await readStoredShapes(db);
  const tables: Inspection['tables'][number][] = [];
  for (const [name, table] of await readLocalTables(db)) {
    const shape = shapes.find((candidate) => candidate.table === name)?.name ?? null;
    tables.push({
      table: name,
      shape,
      rows: await countRows(db, table),
      columns: table.columns,
      position: (shape === null ? null : stored.get(shape)?.position) ?? null,
    });
  }
  return {
    dataDir: dataDirOf(db),
    migrations: applied.map(({ tag, appliedAt, durationMs }) => ({
      tag,
      appliedAt: new Date(appliedAt).toISOString(),
      durationMs: durationMs ?? 0,
    })),
    tables,
  };
}

function dataDirOf(db: PGliteInterface): string {
  return 'dataDir' in db && typeof db.dataDir === 'string' ? db.dataDir : 'memory://';
}
