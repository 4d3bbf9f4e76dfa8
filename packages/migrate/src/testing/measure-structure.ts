import { fingerprint, readStructure } from '../operate/structure/index.ts';
import type { Executor } from '../run/executor/executor.ts';

const STRUCTURE_TABLES = 200;

/** Makes tables of ten columns, three indexes, a check and a foreign key each. */
export async function makeTables(executor: Executor, count = STRUCTURE_TABLES): Promise<void> {
  const tables = Array.from({ length: count }, (_, index) => {
    const parent = index === 0 ? '' : ` REFERENCES measured_${index - 1}`;
    return `CREATE TABLE measured_${index} (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL DEFAULT '',
      n integer CHECK (n > 0), at timestamptz DEFAULT now(), a text, b text, c text, d jsonb, e boolean, parent uuid${parent});
      CREATE INDEX ON measured_${index} (name); CREATE INDEX ON measured_${index} (parent);`;
  });
  await executor.exec(tables.join('\n'));
}

export interface StructureMeasurement {
  readonly objects: number;
  /** Reading and hashing, milliseconds: the first time on this connection, and the best of some more. */
  readonly firstMs: number;
  readonly bestMs: number;
}

/** Times the fingerprint of a database as it is. */
export async function measureStructure(executor: Executor, times = 5): Promise<StructureMeasurement> {
  const taken: number[] = [];
  let objects = 0;
  for (let run = 0; run < times; run += 1) {
    const startedAt = performance.now();
    const structure = await readStructure(executor);
    await fingerprint(structure);
    taken.push(performance.now() - startedAt);
    objects = Object.keys(structure).length;
  }
  return { objects, firstMs: taken[0] ?? 0, bestMs: Math.min(...taken) };
}
