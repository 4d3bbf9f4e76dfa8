import {
  formatQualifiedName,
  type Migration,
  quoteIdentifier,
  quoteLiteral,
  type TableFact,
} from '@lockstep/protocol';
import { expect } from 'vitest';
import { toClientSchema } from '../author/client-schema.ts';
import { tableLabel } from '../sql/table-name.ts';
import type { ReplayLab } from './replay-lab.ts';

type Row = Readonly<Record<string, string | null>>;
/** Rows by table, at one version. */
type Snapshot = ReadonlyMap<string, readonly Row[]>;

/**
 * Follows a compiled history twice: as a server with rows, and as a replica that got the server's rows of each version.
 * Expects of every version that the replica's structure is the promised one, and that its rows, before anything is synced,
 * are the server's wherever the footprint doesn't say otherwise.
 */
export async function expectReplicaToFollow(
  lab: ReplayLab,
  migrations: readonly Migration[],
): Promise<number> {
  await lab.reset();
  const snapshots: Snapshot[] = [];
  for (const [index, migration] of migrations.entries()) {
    for (const { sql } of migration.embedded) await lab.db.exec(sql);
    snapshots.push(await readRows(lab, migration));
    await addRows(lab, migration, index);
    snapshots.push(await readRows(lab, migration));
  }
  await lab.reset();
  let compared = 0;
  for (const [index, migration] of migrations.entries()) {
    for (const statement of migration.replica.statements) await lab.db.exec(statement);
    await expectStructure(lab, migration);
    const [migrated, filled] = [snapshots[index * 2], snapshots[index * 2 + 1]];
    compared += expectRows(migration, await readRows(lab, migration), migrated ?? new Map());
    await replaceRows(lab, migration, filled ?? new Map());
  }
  return compared;
}

async function expectStructure(lab: ReplayLab, migration: Migration): Promise<void> {
  const actual = toClientSchema(await lab.look());
  const shape = ({ schema, name, columns }: TableFact) => ({
    schema,
    name,
    columns: columns.map(({ name: column, type, keyIndex }) => ({ column, type, keyIndex })),
  });
  expect(actual.tables.map(shape)).toEqual(migration.schema.tables.map(shape));
  expect(actual.tables.flatMap(({ constraints }) => constraints)).toEqual([]);
  const types = await lab.db.query<{ name: string }>(
    "SELECT typname AS name FROM pg_type WHERE typtype = 'e' ORDER BY typname",
  );
  expect(types.map(({ name }) => name)).toEqual(migration.schema.types.map(({ name }) => name));
  expect(actual.types).toEqual(migration.schema.types);
}

function expectRows(migration: Migration, actual: Snapshot, expected: Snapshot): number {
  let compared = 0;
  for (const table of migration.schema.tables) {
    const label = tableLabel(table);
    const unsure = unsureColumns(migration, label);
    if (unsure === 'all') continue;
    const known = (rows: readonly Row[] | undefined) =>
      rows?.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !unsure.has(name))));
    expect(known(actual.get(label)), `${migration.tag}: ${label}`).toEqual(known(expected.get(label)));
    compared += expected.get(label)?.length ?? 0;
  }
  return compared;
}

/** Columns, by their names after the migration, whose rows the footprint leaves to the server. */
function unsureColumns(migration: Migration, label: string): ReadonlySet<string> | 'all' {
  const renamed = migration.footprint.find((change) => change.kind === 'rename-table' && change.to === label);
  const old = renamed?.kind === 'rename-table' ? renamed.table : label;
  const changes = migration.footprint.filter((change) => 'table' in change && change.table === old);
  if (changes.some(({ kind }) => kind === 'write-rows' || kind === 'alter-key' || kind === 'create-table'))
    return 'all';
  const names = new Map(
    changes.flatMap((change) =>
      change.kind === 'rename-column' ? [[change.column, change.to] as const] : [],
    ),
  );
  return new Set(
    changes.flatMap((change) => {
      if (change.kind === 'add-column' && change.rowsDiffer) return [change.column];
      return change.kind === 'alter-type' ? [names.get(change.column) ?? change.column] : [];
    }),
  );
}

async function readRows(lab: ReplayLab, migration: Migration): Promise<Snapshot> {
  const snapshot = new Map<string, readonly Row[]>();
  for (const table of migration.schema.tables) {
    const columns = table.columns.map(({ name }) => `${quoteIdentifier(name)}::text`);
    const keys = table.columns
      .filter(({ keyIndex }) => keyIndex !== null)
      .map(({ name }) => quoteIdentifier(name));
    const sql = `SELECT ${columns.join(', ')} FROM ${formatQualifiedName(table)} ORDER BY ${keys.join(', ')}`;
    snapshot.set(tableLabel(table), await lab.db.query<Row>(sql));
  }
  return snapshot;
}

const ROWS_PER_VERSION = 2;

async function addRows(lab: ReplayLab, migration: Migration, version: number): Promise<void> {
  for (const table of migration.schema.tables) {
    for (let row = 0; row < ROWS_PER_VERSION; row += 1) {
      const id = version * ROWS_PER_VERSION + row;
      const given = table.columns.filter(
        ({ type, keyIndex }) => keyIndex !== null || sample(type, id) !== null,
      );
      const names = given.map(({ name }) => quoteIdentifier(name));
      const values = given.map(({ type }) => sample(type, id) ?? 'NULL');
      await lab.db.exec(
        `INSERT INTO ${formatQualifiedName(table)} (${names.join(', ')}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`,
      );
    }
  }
}

function sample(type: string, id: number): string | null {
  if (type === 'integer' || type === 'bigint') return `${id + 100}`;
  if (type === 'text') return `'row ${id}'`;
  if (type === 'level') return id % 2 === 0 ? "'high'" : 'NULL';
  return null;
}

/** What syncing ends with: the server's rows. */
async function replaceRows(lab: ReplayLab, migration: Migration, rows: Snapshot): Promise<void> {
  for (const fact of migration.schema.tables) {
    const table = formatQualifiedName(fact);
    await lab.db.exec(`TRUNCATE ${table}`);
    for (const row of rows.get(tableLabel(fact)) ?? []) {
      const names = Object.keys(row).map(quoteIdentifier);
      const values = Object.values(row).map((value) => (value === null ? 'NULL' : quoteLiteral(value)));
      await lab.db.exec(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${values.join(', ')})`);
    }
  }
}
