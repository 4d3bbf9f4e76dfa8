import { PGlite } from '@electric-sql/pglite';
import type { Migration } from '@lockstep/protocol';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fingerprint, readStructure } from '../../operate/structure/index.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { pgliteExecutor } from '../../run/executor/pglite.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import { requireMigrated } from '../../run/run-options.ts';
import { getAppliedMigrations } from '../../run/tracking.ts';
import { loadParser } from '../../sql/parser.ts';
import { type Clone, createTeam, type Team } from '../../testing/branches.ts';
import { openReplayLab, type ReplayLab } from '../../testing/replay-lab.ts';
import { compileHistory } from '../compile.ts';
import { readMigrations } from '../read-migrations.ts';
import { rebase } from './rebase.ts';

let team: Team;
let databases: readonly PGlite[];
let lab: ReplayLab;
beforeAll(async () => {
  team = await createTeam();
  databases = await Promise.all([PGlite.create(), PGlite.create()]);
  lab = await openReplayLab();
});
afterAll(async () => {
  for (const database of databases) await database.close();
  await lab.close();
  await team.remove();
});

const id = { id: integer('id').primaryKey() };
const items = pgTable('items', { ...id, name: text('name').notNull() });
const estimated = pgTable('items', { ...id, name: text('name').notNull(), estimate: integer('estimate') });
const sized = pgTable('items', { ...id, name: text('name').notNull(), size: integer('size').default(1) });
const notes = pgTable('notes', { ...id, body: text('body') });

/** What `compile` does, on one database for all: booting one takes seconds. */
async function compile(clone: Clone): Promise<readonly Migration[]> {
  await lab.reset();
  const journal = await readMigrations(clone.drizzle);
  return compileHistory(journal, { parser: await loadParser(), db: lab.db, previous: [] });
}

async function migrate(clone: Clone, db: Executor): Promise<readonly string[]> {
  const bundle = { migrations: await compile(clone) };
  const result = requireMigrated(await runMigrations(db, bundle, { target: 'embedded' }));
  return result.migrations.map(({ tag }) => tag);
}

const drizzleRows = (db: Executor) =>
  db.query('SELECT hash, created_at::text AS "when" FROM drizzle.__drizzle_migrations ORDER BY created_at');

test("two branches that both add 0001: merge, rebase, both developers' databases reach head with their data", async () => {
  const [annsDb, bensDb] = databases.map((db) => pgliteExecutor(db)) as [Executor, Executor];
  const ann = await team.clone('ann');
  await ann.migrate({ items }, 'items');
  await ann.git('push', 'origin', 'HEAD:main');
  const ben = await team.clone('ben');

  await ann.migrate({ items: estimated }, 'estimate');
  await ann.git('push', 'origin', 'HEAD:main');
  await migrate(ann, annsDb);
  await annsDb.exec("INSERT INTO items (id, name, estimate) VALUES (1, 'of Ann', 5)");

  await ben.git('checkout', '--quiet', '-b', 'sizes');
  await ben.migrate({ items, notes }, 'notes', {
    edit: (sql) => `${sql}--> statement-breakpoint\nINSERT INTO "notes" VALUES (7, 'by hand');`,
  });
  await ben.migrate({ items: sized, notes }, 'sizes');
  expect(await migrate(ben, bensDb)).toEqual(['0000_items', '0001_notes', '0002_sizes']);
  await bensDb.exec("INSERT INTO items (id, name, size) VALUES (1, 'of Ben', 9)");

  await ben.git('fetch');
  expect(await ben.git('merge', 'origin/main')).toContain('CONFLICT');
  expect(await rebase({ folder: ben.drizzle })).toMatchObject({
    migrations: [{ text: 'kept' }, { text: 'kept' }],
  });
  await ben.commit('merge main');
  await ben.git('push', 'origin', 'HEAD:main');
  await ann.git('pull');

  // Ben's database has his two under their old names: they are renamed, and only Ann's is applied.
  expect(await migrate(ben, bensDb)).toEqual(['0001_estimate']);
  expect(await migrate(ann, annsDb)).toEqual(['0002_notes', '0003_sizes']);
  const migrations = await compile(ben);
  for (const db of [annsDb, bensDb]) {
    expect(await getAppliedMigrations(db)).toMatchObject(
      migrations.map(({ tag, index, when, hash, chain }) => ({ tag, index, when, hash, chain })),
    );
    // What Drizzle's own tools go by: each row has the journal's time.
    expect(await drizzleRows(db)).toEqual(migrations.map(({ hash, when }) => ({ hash, when: String(when) })));
    expect(await db.query('SELECT id, body FROM notes')).toEqual([{ id: 7, body: 'by hand' }]);
  }
  const prints = await Promise.all([annsDb, bensDb].map(async (db) => fingerprint(await readStructure(db))));
  expect(prints[0]).toBe(prints[1]);
  const rows = (db: Executor) => db.query('SELECT name, estimate, size FROM items');
  expect(await rows(annsDb)).toEqual([{ name: 'of Ann', estimate: 5, size: 1 }]);
  expect(await rows(bensDb)).toEqual([{ name: 'of Ben', estimate: null, size: 9 }]);
  expect(await migrate(ann, annsDb)).toEqual([]);
  expect(await migrate(ben, bensDb)).toEqual([]);
});
