import { integer, pgEnum, pgTable, text } from 'drizzle-orm/pg-core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type Clone, createTeam } from '../../testing/branches.ts';
import { ungeneratedChanges } from '../generate/generate.ts';
import { readMigrations } from '../read-migrations.ts';
import { rebase } from './rebase.ts';

const id = { id: integer('id').primaryKey() };
const items = (columns: object = {}, table = 'items') =>
  pgTable(table, { ...id, name: text('name'), ...columns });
const notes = pgTable('notes', { ...id, body: text('body') });
const labels = pgTable('labels', { ...id });
const estimate = { estimate: integer('estimate') };

/** Two clones of a repository whose main has `0000_items`. */
let ann: Clone;
let ben: Clone;
beforeEach(async () => {
  const team = await createTeam();
  onTestFinished(() => team.remove());
  ann = await team.clone('ann');
  await ann.migrate({ items: items() }, 'items', { when: 1000 });
  await ann.git('push', 'origin', 'HEAD:main');
  ben = await team.clone('ben');
});

/** Ann's change is main's; Ben merges it. */
async function mergeInto(clone: Clone): Promise<void> {
  await ann.git('push', 'origin', 'HEAD:main');
  await clone.git('fetch');
  await clone.git('merge', 'origin/main');
}

const tagsOf = async (clone: Clone) => (await readMigrations(clone.drizzle)).map(({ tag }) => tag);

async function chainOf(clone: Clone): Promise<readonly { id: string; prevId: string }[]> {
  const files = (await clone.files()).filter((file) => file.endsWith('_snapshot.json'));
  return Promise.all(
    files.map(async (file) => {
      const { id: own, prevId } = JSON.parse(await clone.read(`drizzle/${file}`)) as Record<string, string>;
      return { id: own ?? '', prevId: prevId ?? '' };
    }),
  );
}

test('published failure: two branches with the same index, snapshot overwritten (drizzle #5769, #5774)', async () => {
  await ann.migrate({ items: items(estimate) }, 'estimate', { when: 3000 });
  const mine = await ben.migrate({ items: items(), notes }, 'notes', {
    when: 2000,
    edit: (sql) => `${sql}--> statement-breakpoint\nINSERT INTO "notes" VALUES (1, 'by hand');`,
  });
  await ben.write('drizzle/down/0001_notes.sql', 'DROP TABLE "notes";');
  await ben.write('drizzle/0001_notes.md', 'Notes are here.');
  await ben.write('drizzle/0001_notes.ts', 'export const program = 1;');
  await ben.commit('with what belongs to it');
  const sql = await ben.read(`drizzle/${mine}.sql`);
  await mergeInto(ben);
  await expect(readMigrations(ben.drizzle)).rejects.toMatchObject({ code: 'JOURNAL_INVALID' });

  expect(await rebase({ folder: ben.drizzle })).toMatchObject({
    kind: 'rebased',
    migrations: [{ from: '0001_notes', to: '0002_notes', text: 'kept' }],
  });
  expect(await ben.files()).toEqual([
    '0000_items.sql',
    '0001_estimate.sql',
    '0002_notes.md',
    '0002_notes.sql',
    '0002_notes.ts',
    'down/0002_notes.sql',
    'meta/0000_snapshot.json',
    'meta/0001_snapshot.json',
    'meta/0002_snapshot.json',
    'meta/_journal.json',
  ]);
  // Byte for byte: databases know it by its hash.
  expect(await ben.read('drizzle/0002_notes.sql')).toBe(sql);
  expect((await readMigrations(ben.drizzle)).map(({ when }) => when)).toEqual([1000, 3000, 3001]);
  const chain = await chainOf(ben);
  expect(chain.slice(1).map(({ prevId }) => prevId)).toEqual(chain.slice(0, -1).map((one) => one.id));
  const merged = { items: items(estimate), notes };
  expect(await ungeneratedChanges({ folder: ben.drizzle, schema: merged })).toEqual([]);

  await ben.commit('merged');
  expect(await rebase({ folder: ben.drizzle })).toEqual({ kind: 'nothing', mine: ['0002_notes'] });
});

test('main keeps its bytes, whoever merges into whom', async () => {
  await ann.migrate({ items: items(estimate) }, 'estimate');
  await ben.migrate({ items: items(), notes }, 'notes');
  await ben.git('push', 'origin', 'HEAD:notes');
  await ann.git('fetch');
  const before = await ann.read('drizzle/0001_estimate.sql');
  await ann.git('merge', 'origin/notes');
  await rebase({ folder: ann.drizzle });
  expect(await tagsOf(ann)).toEqual(['0000_items', '0001_estimate', '0002_notes']);
  expect(await ann.read('drizzle/0001_estimate.sql')).toBe(before);
});

test('git rebase: commit by commit, each behind what is settled', async () => {
  await ann.migrate({ items: items(estimate) }, 'estimate');
  await ann.migrate({ items: items(estimate), labels }, 'labels');
  await ben.migrate({ items: items(), notes }, 'notes');
  await ben.migrate({ items: items({ size: integer('size') }), notes }, 'size');
  await ann.git('push', 'origin', 'HEAD:main');
  await ben.git('fetch');
  await ben.git('rebase', 'origin/main');
  for (const expected of ['0003_notes', '0004_size']) {
    expect(await rebase({ folder: ben.drizzle })).toMatchObject({ migrations: [{ to: expected }] });
    await ben.git('add', '--all');
    await ben.git('rebase', '--continue');
  }
  expect(await tagsOf(ben)).toEqual([
    '0000_items',
    '0001_estimate',
    '0002_labels',
    '0003_notes',
    '0004_size',
  ]);
  expect(await ben.git('status', '--porcelain')).toBe('');
  const merged = { items: items({ ...estimate, size: integer('size') }), labels, notes };
  expect(await ungeneratedChanges({ folder: ben.drizzle, schema: merged })).toEqual([]);
});

test('a merge that was resolved wrongly and committed is mended from the branch before it', async () => {
  await ann.migrate({ items: items(estimate) }, 'estimate');
  await ben.migrate({ items: items(), notes }, 'notes');
  await mergeInto(ben);
  // Taking main's journal and snapshot leaves Ben's file behind, which no runner would apply.
  await ben.git('checkout', '--theirs', 'drizzle/meta');
  await ben.commit('merge, wrongly');
  await expect(readMigrations(ben.drizzle)).rejects.toMatchObject({ code: 'MIGRATION_FILE_UNLISTED' });
  expect(await rebase({ folder: ben.drizzle })).toMatchObject({ migrations: [{ to: '0002_notes' }] });
  expect(await tagsOf(ben)).toEqual(['0000_items', '0001_estimate', '0002_notes']);
});

test('both gave their migration the same name', async () => {
  await ann.migrate({ items: items(estimate) }, 'change');
  await ben.migrate({ items: items(), notes }, 'change');
  const theirs = await ann.read('drizzle/0001_change.sql');
  await mergeInto(ben);
  await rebase({ folder: ben.drizzle });
  expect(await tagsOf(ben)).toEqual(['0000_items', '0001_change', '0002_change']);
  expect(await ben.read('drizzle/0001_change.sql')).toBe(theirs);
  expect(await ben.read('drizzle/0002_change.sql')).toContain('CREATE TABLE "notes"');
});

test('a stash that was popped on top of main', async () => {
  await ann.migrate({ items: items(estimate) }, 'estimate');
  await ben.migrate({ items: items(), notes }, 'notes');
  await ben.git('reset', '--mixed', 'HEAD~1');
  await ben.git('stash', '--include-untracked');
  await mergeInto(ben);
  await ben.git('stash', 'pop');
  expect(await rebase({ folder: ben.drizzle })).toMatchObject({ migrations: [{ to: '0002_notes' }] });
  expect(await tagsOf(ben)).toEqual(['0000_items', '0001_estimate', '0002_notes']);
});

test('SQL is made anew where main renamed what it names, and hand-written statements stay', async () => {
  const renamed = items({}, 'things');
  await ann.migrate({ renamed }, 'things', { rename: ['items=things'] });
  await ben.migrate({ items: items(estimate), notes }, 'estimate', {
    edit: (sql) =>
      sql.replace(
        '--> statement-breakpoint\n',
        '--> statement-breakpoint\nALTER TABLE "notes" ENABLE ELECTRIC;--> statement-breakpoint\n',
      ),
  });
  await mergeInto(ben);
  expect(await rebase({ folder: ben.drizzle })).toMatchObject({
    migrations: [{ from: '0001_estimate', to: '0002_estimate', text: 'regenerated' }],
  });
  const sql = await ben.read('drizzle/0002_estimate.sql');
  expect(sql.split('--> statement-breakpoint').map((chunk) => chunk.trim())).toEqual([
    'CREATE TABLE "notes" (\n\t"id" integer PRIMARY KEY NOT NULL,\n\t"body" text\n);',
    'ALTER TABLE "notes" ENABLE ELECTRIC;',
    'ALTER TABLE "things" ADD COLUMN "estimate" integer;',
  ]);
  const merged = { things: items(estimate, 'things'), notes };
  expect(await ungeneratedChanges({ folder: ben.drizzle, schema: merged })).toEqual([]);
});

test('a label for the same enum and a rename of my own survive; what main did already is left out', async () => {
  const state = (...labelsOfIt: [string, ...string[]]) => pgEnum('state', labelsOfIt);
  await ann.migrate({ items: items(), state: state('a') }, 'state');
  await mergeInto(ben);
  await ann.migrate({ items: items(estimate), state: state('a', 'b') }, 'b');
  await ben.migrate({ items: items(), state: state('a', 'c') }, 'c');
  await ben.migrate({ items: items(estimate), state: state('a', 'c') }, 'estimate');
  const title = pgTable('items', { ...id, title: text('title'), ...estimate });
  await ben.migrate({ title, state: state('a', 'c') }, 'title', { rename: ['items.name=items.title'] });
  await mergeInto(ben);
  expect(await rebase({ folder: ben.drizzle })).toMatchObject({
    migrations: [
      { to: '0003_c', text: 'kept' },
      { to: '0004_title', text: 'kept' },
    ],
    superfluous: ['0003_estimate'],
  });
  const merged = { title, state: state('a', 'b', 'c') };
  expect(await ungeneratedChanges({ folder: ben.drizzle, schema: merged })).toEqual([]);
});

test('what both changed, each in its own way, is told with both statements, and nothing is written', async () => {
  const typed = (type: object) => ({ items: pgTable('items', { ...id, ...type }) });
  await ann.migrate(typed({ name: text('name').notNull() }), 'not_null');
  await ben.migrate(typed({ name: text('name').default('x') }), 'default');
  await mergeInto(ben);
  const before = await ben.git('status', '--porcelain');
  expect(await rebase({ folder: ben.drizzle })).toEqual({
    kind: 'conflicts',
    conflicts: [
      {
        what: 'column items.name',
        tag: '0001_default',
        main: [{ tag: '0001_not_null', sql: 'ALTER TABLE "items" ALTER COLUMN "name" SET NOT NULL' }],
        mine: [{ tag: '0001_default', sql: 'ALTER TABLE "items" ALTER COLUMN "name" SET DEFAULT \'x\'' }],
      },
    ],
  });
  expect(await ben.git('status', '--porcelain')).toBe(before);
});

test('both renamed the same column: a conflict', async () => {
  const named = (name: string) => ({ items: pgTable('items', { ...id, [name]: text(name) }) });
  await ann.migrate(named('title'), 'title', { rename: ['items.name=items.title'] });
  await ben.migrate(named('label'), 'label', { rename: ['items.name=items.label'] });
  await mergeInto(ben);
  expect(await rebase({ folder: ben.drizzle })).toMatchObject({
    kind: 'conflicts',
    conflicts: [{ what: 'column items.name' }],
  });
});

test('before main is merged, and with a merged migration edited, it says what to do', async () => {
  await ann.migrate({ items: items(estimate) }, 'estimate');
  await ann.git('push', 'origin', 'HEAD:main');
  await ben.migrate({ items: items(), notes }, 'notes');
  await ben.git('fetch');
  await expect(rebase({ folder: ben.drizzle })).rejects.toMatchObject({
    code: 'REBASE_IMPOSSIBLE',
    remedy: expect.stringContaining('git merge origin/main'),
  });
  await ben.git('merge', 'origin/main');
  await ben.write('drizzle/0000_items.sql', '-- edited');
  await expect(rebase({ folder: ben.drizzle })).rejects.toThrow("0000_items.sql is one of main's migrations");
  await expect(rebase({ folder: ben.drizzle, onto: 'nowhere' })).rejects.toThrow('nowhere');
});
