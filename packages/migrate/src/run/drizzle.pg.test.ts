import { rmSync } from 'node:fs';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestMigration, testBundle } from '../testing/bundle.ts';
import { connect } from '../testing/connect.ts';
import { writeDrizzleFolder } from '../testing/drizzle-folder.ts';
import { postgresExecutor } from './executor/postgres.ts';
import { runMigrations } from './run-migrations.ts';
import { getAppliedMigrations } from './tracking.ts';

const HISTORY: readonly TestMigration[] = [
  { tag: '0000_items', statements: ['CREATE TABLE items (id int)', 'INSERT INTO items VALUES (1)'] },
  { tag: '0001_name', statements: ['ALTER TABLE items ADD COLUMN name text'] },
  { tag: '0002_notes', statements: ['CREATE TABLE notes (id int)'] },
  { tag: '0003_more', statements: ['ALTER TABLE notes ADD COLUMN text text'] },
];

let database: TestDatabase;
let client: pg.Client;
const folders: string[] = [];
beforeEach(async () => {
  database = await createTestDatabase('drizzle');
  client = await connect(database.url);
});
afterEach(async () => {
  await client.end();
  await database.drop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const drizzles = (length: number) => {
  const migrationsFolder = writeDrizzleFolder(HISTORY.slice(0, length));
  folders.push(migrationsFolder);
  return migrate(drizzle(client), { migrationsFolder });
};
const ours = (length: number) =>
  runMigrations(postgresExecutor(client), testBundle(HISTORY.slice(0, length)), { target: 'server' });
const rows = () =>
  database.query('SELECT id, hash, created_at FROM drizzle.__drizzle_migrations ORDER BY id');

describe("C2: Drizzle's migrate() and ours on one database", () => {
  it("finds nothing to do after ours, and leaves Drizzle's rows as they were", async () => {
    expect(await ours(4)).toMatchObject({ kind: 'applied' });
    const before = await rows();
    await drizzles(4);
    expect(await rows()).toEqual(before);
  });

  it('writes what Drizzle would have written', async () => {
    await drizzles(4);
    const theirs = await rows();
    await client.query('DROP SCHEMA drizzle CASCADE; DROP TABLE items, notes');
    await ours(4);
    expect(await rows()).toEqual(theirs);
  });

  it('alternates: each goes on where the other stopped', async () => {
    await drizzles(1);
    expect(await ours(2)).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_name' }] });
    await drizzles(3);
    expect(await ours(3)).toMatchObject({ kind: 'up-to-date', version: { tag: '0002_notes' } });
    expect(await ours(4)).toMatchObject({ kind: 'applied', migrations: [{ tag: '0003_more' }] });
    await drizzles(4);
    expect(await rows()).toHaveLength(4);
    expect(await database.query('SELECT * FROM items')).toHaveLength(1);
    const applied = await getAppliedMigrations(postgresExecutor(client));
    expect(applied.map(({ tag }) => tag)).toEqual(HISTORY.map(({ tag }) => tag));
  });
});
