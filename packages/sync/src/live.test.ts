import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalDatabase, MigrationState } from './contract.ts';
import { keepIdentity, readTables, watchQuery } from './live.ts';
import { createCell, selectFrom } from './observable.ts';

let db: PGlite;
beforeAll(async () => {
  db = await PGlite.create();
  await db.exec(`CREATE TABLE items (id int PRIMARY KEY, title text); CREATE TABLE notes (id int PRIMARY KEY);
    CREATE VIEW both_tables AS SELECT items.title, notes.id FROM items JOIN notes USING (id);
    CREATE SCHEMA other; CREATE TABLE other.items (id int);
    INSERT INTO items VALUES (1, 'a'), (2, 'b');`);
});
afterAll(() => db.close());

describe('the tables that a query reads', () => {
  it.each([
    ['SELECT * FROM items WHERE id = $1', [1], ['items']],
    ['SELECT * FROM both_tables', [], ['items', 'notes']],
    [
      'WITH x AS MATERIALIZED (SELECT id FROM notes) SELECT (SELECT count(*) FROM other.items) FROM x',
      [],
      ['notes', 'other.items'],
    ],
    ['SELECT 1', [], []],
  ])('%s', async (sql, params, tables) => {
    expect([...(await readTables(db, sql, params))].sort()).toEqual(tables);
  });
});

describe('a watched query', () => {
  it('runs again after changes of its tables only, keeps equal rows, and rests while the schema moves', async () => {
    const { database, change, state } = fakeDatabase();
    const results: (readonly object[])[] = [];
    const errors: Error[] = [];
    const stop = watchQuery({
      database,
      sql: 'SELECT * FROM items ORDER BY id',
      onResult: (rows) => results.push(rows),
      onError: (error) => errors.push(error),
    });
    await expect.poll(() => results.length).toBe(1);
    await db.exec(`UPDATE items SET title = 'c' WHERE id = 2`);
    change(['notes']);
    await db.query('SELECT 1');
    expect(results.length).toBe(1);
    change(['items']);
    await expect.poll(() => results.length).toBe(2);
    expect(results[1]?.[0]).toBe(results[0]?.[0]);
    expect(results[1]?.[1]).toEqual({ id: 2, title: 'c' });

    state.set({
      kind: 'migrating',
      from: 'a',
      to: 'b',
      progress: 0,
      table: null,
      summary: [],
      step: 'schema',
    });
    await db.exec('ALTER TABLE items RENAME COLUMN title TO name');
    change(['items']);
    await db.query('SELECT 1');
    expect(results.length).toBe(2);
    state.set({ kind: 'idle', last: null });
    await expect.poll(() => results.length).toBe(3);
    expect(results[2]?.[0]).toEqual({ id: 1, name: 'a' });
    expect(errors).toEqual([]);
    stop();
    change(['items']);
  });

  it('reports a failure and recovers', async () => {
    const { database, change } = fakeDatabase();
    const results: unknown[] = [];
    const errors: Error[] = [];
    const stop = watchQuery({
      database,
      sql: 'SELECT * FROM missing',
      onResult: (rows) => results.push(rows),
      onError: (error) => errors.push(error),
    });
    await expect.poll(() => errors[0]?.message).toContain('missing');
    await db.exec('CREATE TABLE missing (id int)');
    change(['missing']);
    await expect.poll(() => results).toEqual([[]]);
    stop();
  });
});

describe('identity', () => {
  it('holds for equal rows, also twins, and for the list when nothing differs', () => {
    const a = { id: 1 };
    const twin = { id: 1 };
    const before = [a, twin, { id: 2n }];
    expect(keepIdentity(before, [{ id: 1 }, { id: 1 }, { id: 2n }])).toBe(before);
    const after = keepIdentity(before, [{ id: 1 }, { id: 3 }]);
    expect(after[0]).toBe(a);
    expect(after).toEqual([{ id: 1 }, { id: 3 }]);
  });
});

function fakeDatabase() {
  const listeners = new Set<(tables: ReadonlySet<string>) => void>();
  const state = createCell<MigrationState>({ kind: 'idle', last: null });
  const database = {
    db,
    onChange: (listener: (tables: ReadonlySet<string>) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    migrations: { state, isMigrating: selectFrom(state, ({ kind }) => kind === 'migrating') },
  } as unknown as LocalDatabase;
  const change = (tables: string[]) => {
    for (const listener of listeners) listener(new Set(tables));
  };
  return { database, change, state };
}
