import { PGlite } from '@electric-sql/pglite';
import type { ChangeMessage, RowText } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyBatch, type ShapeTarget } from './apply.ts';
import type { Batch } from './batch.ts';
import { CREATE_SHAPES_TABLE, readStoredShapes } from './position.ts';
import { beginStaging, finishStaging, NOTHING_STAGED, stageBatch } from './refetch.ts';
import { readLocalTables } from './table.ts';

let db: PGlite;

beforeAll(async () => {
  db = await PGlite.create();
  await db.exec(CREATE_SHAPES_TABLE);
});
afterAll(() => db.close());

beforeEach(async () => {
  await db.exec(`DROP TABLE IF EXISTS items; TRUNCATE lockstep.shapes;
    CREATE TABLE items (id int PRIMARY KEY, title text, tags text[], data jsonb, price numeric);`);
});

describe('rows into PGlite', () => {
  it('writes a snapshot by COPY and live changes by statement, equal by text', async () => {
    const target = await targetOf('items');
    const nasty = 'tab\t newline\n return\r backslash \\ \\N \\. "quotes" \u0001 {curly,NULL}';
    const rows = Array.from({ length: 30 }, (_, id) => ({
      id: String(id),
      title: id === 0 ? '' : nasty,
      tags: '{"a,b",NULL,"NULL","\\"\\\\"}',
      data: id === 1 ? 'null' : '{"big": 12345678901234567890}',
      price: '1.10',
    }));
    await applyBatch(db, target, batch(rows.map(insert), '0_0', true), true);
    await applyBatch(
      db,
      target,
      batch(
        [update({ id: '1', title: null }), update({ id: '2', price: '1.100', title: nasty }), remove('3')],
        '9_4',
      ),
      false,
    );
    const expected = rows
      .filter(({ id }) => id !== '3')
      .map((row) => ({
        ...row,
        ...(row.id === '1' ? { title: null } : {}),
        ...(row.id === '2' ? { price: '1.100' } : {}),
      }));
    expect(await textRows()).toEqual(expected);
    expect((await readStoredShapes(db)).get('items')).toMatchObject({
      position: { handle: 'h', offset: '9_4' },
      rows: 33,
    });
  });

  it('leaves statistics behind a snapshot, so that plans fit the table', async () => {
    const target = await targetOf('items');
    const rows = Array.from({ length: 200 }, (_, id) => insert({ id: String(id), title: 'same' }));
    await applyBatch(db, target, batch(rows, '0_0', true), true);
    const { rows: known } = await db.query(`SELECT reltuples FROM pg_class WHERE relname = 'items'`);
    expect(known).toEqual([{ reltuples: 200 }]);
  });

  it('applies the same batch twice without harm', async () => {
    const target = await targetOf('items');
    const rows = Array.from({ length: 30 }, (_, id) => ({
      id: String(id),
      title: 'x',
      tags: null,
      data: null,
      price: null,
    }));
    await applyBatch(db, target, batch(rows.map(insert), '0_0', true), true);
    await applyBatch(db, target, batch(rows.map(insert), '0_0', true), true);
    expect(await textRows()).toEqual(rows);
  });

  it('leaves rows and position as they were when a row is refused', async () => {
    const target = await targetOf('items');
    await applyBatch(db, target, batch([insert({ id: '1', title: 'a', price: '1' })], '5_0'), true);
    const broken = batch(
      [insert({ id: '2', title: 'b', price: '2' }), insert({ id: '3', price: 'no number' })],
      '6_0',
    );
    await expect(applyBatch(db, target, broken, false)).rejects.toMatchObject({
      code: 'SYNC_APPLY_FAILED',
      details: { table: 'items', sqlState: '22P02' },
    });
    expect((await textRows()).map(({ id }) => id)).toEqual(['1']);
    expect((await readStoredShapes(db)).get('items')?.position?.offset).toBe('5_0');
  });

  it('fires no trigger of the application, and wakes live queries of PGlite', async () => {
    await db.exec(`CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$;
      CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION fail();`);
    const { rows } = await db.query<{ channel: string }>(
      `SELECT 'table_change__' || relnamespace || '__' || oid AS channel FROM pg_class WHERE relname = 'items'`,
    );
    let wakeUps = 0;
    const stop = await db.listen(rows[0]?.channel ?? '', () => {
      wakeUps += 1;
    });
    await applyBatch(db, await targetOf('items'), batch([insert({ id: '1' })], '5_0'), true);
    await stop();
    expect(wakeUps).toBe(1);
  });
});

describe('a refetch', () => {
  it('replaces by difference: rows that are gone, that differ, that are new; others keep their place', async () => {
    const target = await targetOf('items', ['id', 'title', 'price']);
    await db.exec(
      `INSERT INTO items VALUES (1, 'same', '{kept}', '1', 1.1), (2, 'gone', NULL, NULL, 2), (3, 'old', '{kept}', NULL, 3)`,
    );
    const before = await places();
    await beginStaging(db, target);
    const staged = await stageBatch(
      db,
      target,
      batch(
        [
          insert({ id: '1', title: 'same', price: '1.1' }),
          insert({ id: '3', title: 'new', price: '3.0' }),
          insert({ id: '4', title: 'more', price: null }),
        ],
        '0_0',
        true,
      ),
      NOTHING_STAGED,
    );
    expect((await textRows()).map(({ id }) => id)).toEqual(['1', '2', '3']);
    await finishStaging(db, target, { handle: 'h2', offset: '0_0' }, staged);
    expect(await textRows()).toEqual([
      { id: '1', title: 'same', tags: '{kept}', data: '1', price: '1.1' },
      { id: '3', title: 'new', tags: '{kept}', data: null, price: '3.0' },
      { id: '4', title: 'more', tags: null, data: null, price: null },
    ]);
    expect((await places()).get('1')).toBe(before.get('1'));
    expect((await readStoredShapes(db)).get('items')).toMatchObject({
      columns: ['id', 'title', 'price'],
      rows: 3,
    });
  });
});

async function targetOf(name: string, columns?: readonly string[]): Promise<ShapeTarget> {
  const table = (await readLocalTables(db)).get(name);
  if (table === undefined) throw new Error(`No table ${name}`);
  return { shape: name, name, table, columns: columns ?? table.columns.map((column) => column.name) };
}

function batch(changes: readonly ChangeMessage[], offset: string, isSnapshot = false): Batch {
  return { changes, isSnapshot, position: { handle: 'h', offset }, isUpToDate: true, bytes: 100 };
}

function insert(value: RowText): ChangeMessage {
  return { key: `"public"."items"/"${value.id}"`, value, headers: { operation: 'insert' } };
}

function update(value: RowText): ChangeMessage {
  return { ...insert(value), headers: { operation: 'update', lsn: '9' } };
}

function remove(id: string): ChangeMessage {
  return { ...insert({ id }), headers: { operation: 'delete', lsn: '9' } };
}

async function textRows(): Promise<Record<string, string | null>[]> {
  const { rows } = await db.query<Record<string, string | null>>(
    'SELECT id::text, title, tags::text, data::text, price::text FROM items ORDER BY items.id',
  );
  return rows;
}

async function places(): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ id: string; ctid: string }>('SELECT id::text, ctid::text FROM items');
  return new Map(rows.map(({ id, ctid }) => [id, ctid]));
}
