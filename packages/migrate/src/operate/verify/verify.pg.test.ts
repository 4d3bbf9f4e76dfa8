import type { Migration } from '@lockstep/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runMigrations } from '../../run/run-migrations.ts';
import { requireMigrated } from '../../run/run-options.ts';
import { openPglite, openPostgres, type TestTarget } from '../../testing/databases.ts';
import { openReplayLab } from '../../testing/replay-lab.ts';
import { formatVerification } from './format-verification.ts';
import { type Verification, verifyStructure } from './verify.ts';

const FILES = [
  `CREATE TABLE items (id int PRIMARY KEY, name text DEFAULT '' NOT NULL, n int CHECK (n > 0));
CREATE TABLE notes (id int PRIMARY KEY, item int CONSTRAINT notes_item REFERENCES items);`,
  `CREATE INDEX items_name ON items (lower(name));
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1';`,
  `ALTER TABLE items RENAME COLUMN name TO title;
CREATE VIEW titles WITH (security_invoker = true) AS SELECT title FROM items;
ALTER TABLE items ENABLE ALWAYS TRIGGER touch;
CREATE PUBLICATION feed FOR TABLE notes;`,
  'CREATE TABLE later (id int);',
];

let migrations: readonly Migration[];
beforeAll(async () => {
  const lab = await openReplayLab();
  migrations = await lab.compile(FILES);
  await lab.close();
});

/** Damage, what is told of it, where it was made, and a control: the repair makes it whole. */
const DAMAGE: readonly (readonly [string, string, string, number | null])[] = [
  ['DROP TRIGGER touch ON items', 'missing trigger public.items.touch', '0002_step', 3],
  ['ALTER TABLE items DISABLE TRIGGER touch', 'different trigger public.items.touch', '0002_step', 3],
  ['DROP INDEX items_name', 'missing index public.items_name', '0002_step', null],
  [
    "CREATE OR REPLACE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 2'",
    'different function public.one()',
    '0001_step',
    4,
  ],
  ['DROP FUNCTION one()', 'missing function public.one()', '0001_step', 4],
  [
    'ALTER TABLE notes DROP CONSTRAINT notes_item',
    'missing constraint public.notes.notes_item',
    '0000_step',
    2,
  ],
  [
    'ALTER TABLE notes DROP CONSTRAINT notes_item; ALTER TABLE notes ADD CONSTRAINT notes_item FOREIGN KEY (item) REFERENCES items NOT VALID',
    'different constraint public.notes.notes_item',
    '0000_step',
    2,
  ],
  ['DROP VIEW titles', 'missing view public.titles', '0002_step', 2],
  [
    'ALTER TABLE items ALTER title DROP DEFAULT, ALTER title DROP NOT NULL',
    'different column public.items.title',
    '0002_step',
    1,
  ],
  ['ALTER TABLE items DROP n', 'missing column public.items.n', '0000_step', 1],
];

describe.each([
  ['PGlite', 'embedded', openPglite],
  ['Postgres', 'server', openPostgres],
] as const)('E3 verify on %s', (_name, target, open) => {
  let db: TestTarget;
  beforeAll(async () => {
    db = await open();
    requireMigrated(await runMigrations(db.executor, { migrations: migrations.slice(0, 3) }, { target }));
  });
  afterAll(() => db.close());

  const verify = (only?: 'triggers') =>
    verifyStructure(db.executor, { migrations }, { target, ...(only === undefined ? {} : { only }) });
  const problemsOf = (verification: Verification) =>
    verification.kind === 'verified' ? verification.problems : [];

  /** Whatever was damaged is repaired by what verify says. */
  async function repair(): Promise<void> {
    for (const { repair: sql } of problemsOf(await verify())) if (sql !== null) await db.executor.exec(sql);
  }
  afterEach(async () => {
    await repair();
    const left = problemsOf(await verify());
    if (left.length > 0) throw new Error(`Not repaired: ${left.map(({ identity }) => identity).join(', ')}`);
  });

  it('finds everything of what is applied, and asks for nothing that is not', async () => {
    const verification = await verify();
    expect(formatVerification(verification)).toEqual([
      `2 tables, 5 columns, 4 constraints, 1 index, 1 view, 2 functions, 1 trigger${target === 'server' ? ', 1 publication' : ''}: all there.`,
    ]);
  });

  it.each(DAMAGE)('%s', async (damage, told, tag, line) => {
    await db.executor.exec(damage);
    const verification = await verify();
    const [problem] = problemsOf(verification);
    expect(`${problem?.what} ${problem?.identity}`).toBe(told);
    expect(problem?.maker).toMatchObject({ tag, place: line === null ? null : { line } });
    expect(problem?.repair).not.toBeNull();
  });

  it('an index that an interrupted build left invalid', async () => {
    await db.executor.exec(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'items_name'::regclass",
    );
    const [problem] = problemsOf(await verify());
    await db.executor.exec("UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'items_name'::regclass");
    expect(problem).toMatchObject({
      identity: 'index public.items_name',
      repair: 'REINDEX INDEX CONCURRENTLY public.items_name;',
    });
  });

  it('what nobody promised is told, and is no problem', async () => {
    await db.executor.exec('CREATE INDEX mine ON items (n)');
    const verification = await verify();
    await db.executor.exec('DROP INDEX mine');
    expect(verification).toMatchObject({ problems: [], unexpected: [{ identity: 'index public.mine' }] });
  });

  it('triggers alone: their state and their functions', async () => {
    await db.executor.exec('ALTER TABLE items DISABLE TRIGGER touch; DROP FUNCTION one()');
    const verification = await verify('triggers');
    expect(verification).toMatchObject({
      checked: { trigger: 1, function: 1 },
      problems: [
        {
          identity: 'trigger public.items.touch',
          repair: 'ALTER TABLE public.items ENABLE ALWAYS TRIGGER touch;',
        },
      ],
    });
  });

  it.runIf(target === 'server')('a table that left its publication', async () => {
    await db.executor.exec('ALTER PUBLICATION feed DROP TABLE notes');
    expect(problemsOf(await verify())).toMatchObject([
      {
        identity: 'publication table feed.public.notes',
        repair: 'ALTER PUBLICATION feed ADD TABLE public.notes;',
      },
    ]);
  });
});
