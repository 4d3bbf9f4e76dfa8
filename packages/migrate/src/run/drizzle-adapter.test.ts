import { rmSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestMigration, testBundle } from '../testing/bundle.ts';
import { writeDrizzleFolder } from '../testing/drizzle-folder.ts';
import { drizzleAdapter } from './drizzle-adapter.ts';
import { pgliteExecutor } from './executor/pglite.ts';
import { runMigrations } from './run-migrations.ts';

const HISTORY: readonly TestMigration[] = [
  {
    tag: '0000_items',
    statements: [
      'CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1)',
      { sql: 'ALTER TABLE "items" ENABLE ELECTRIC', kind: 'enable-electric' },
    ],
  },
  { tag: '0001_name', statements: ["ALTER TABLE items ADD COLUMN name text DEFAULT 'a;b'"] },
  { tag: '0002_notes', statements: ['CREATE TABLE notes (id int)'] },
];

let db: PGlite;
const folders: string[] = [];
beforeAll(async () => {
  db = await PGlite.create();
});
afterAll(async () => {
  await db.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The embedded statements, as the compiler makes them: without ENABLE ELECTRIC. */
function ours(length: number) {
  const { migrations } = testBundle(HISTORY.slice(0, length));
  const bundle = {
    migrations: migrations.map((entry) => ({
      ...entry,
      embedded: entry.embedded.filter(({ sql }) => !sql.includes('ELECTRIC')),
    })),
  };
  return runMigrations(pgliteExecutor(db), bundle, { target: 'embedded' });
}

function drizzles(length: number, client = drizzleAdapter(db)) {
  const migrationsFolder = writeDrizzleFolder(HISTORY.slice(0, length));
  folders.push(migrationsFolder);
  return migrate(drizzle({ client }), { migrationsFolder });
}

it("C2: on PGlite Drizzle's migrate() and ours alternate, through the adapter", async () => {
  await expect(drizzles(1, db)).rejects.toThrow('Failed query');
  await drizzles(1);
  expect(await ours(2)).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_name' }] });
  await drizzles(3);
  expect(await ours(3)).toMatchObject({ kind: 'up-to-date', version: { tag: '0002_notes' } });
  expect((await db.query('SELECT * FROM items')).rows).toEqual([{ id: 1, name: 'a;b' }]);
  expect((await db.query('SELECT FROM drizzle.__drizzle_migrations')).rows).toHaveLength(3);
});
