import type { MigrationBundle } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeRollback, type RollbackOptions, rollback } from '../operate/rollback/rollback.ts';
import { readRollbacks } from '../operate/rollback/rollback-history.ts';
import { readStructure } from '../operate/structure/index.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { type RunOptions, requireMigrated } from '../run/run-options.ts';
import { pruneStash } from '../run/stash/prune-stash.ts';
import { readStashes } from '../run/stash/stash-table.ts';
import { getAppliedMigrations } from '../run/tracking.ts';
import type { TestTarget } from './databases.ts';
import { type LabFile, openReplayLab, type ReplayLab } from './replay-lab.ts';

const ITEMS = 'CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, size integer DEFAULT 3);';
const ROWS = "INSERT INTO items VALUES (1, 'one', 10), (2, 'two', NULL), (3, 'th''ree', 30)";

/** What `rollback` promises on every database, whichever engine it is. */
export function rollbackConformance(
  name: string,
  kind: 'server' | 'embedded',
  make: () => Promise<TestTarget>,
): void {
  describe(`rollback on ${name}`, () => {
    let target: TestTarget;
    let lab: ReplayLab;
    let bundle: MigrationBundle;
    const sql = (text: string) => target.executor.exec(text);
    const rows = (query: string) => target.executor.query(query);
    const up = async (more: Partial<RunOptions<'server' | 'embedded'>> = {}) =>
      requireMigrated(await runMigrations(target.executor, bundle, { target: kind, ...more }));
    const down = (to: string | null, more: Partial<RollbackOptions> = {}) =>
      rollback(target.executor, { to, target: kind, ...more });
    const compile = async (...files: (string | LabFile)[]) => {
      bundle = { migrations: await lab.compile(files, [], { downs: 'derive' }) };
    };
    /** The last of these is applied to rows that were there before it. */
    const start = async (files: readonly (string | LabFile)[], data: string) => {
      await compile(...files);
      const [...all] = bundle.migrations;
      requireMigrated(
        await runMigrations(target.executor, { migrations: all.slice(0, -1) }, { target: kind }),
      );
      await sql(data);
      await up();
    };
    const tags = async () => (await getAppliedMigrations(target.executor)).map(({ tag }) => tag);

    beforeAll(async () => {
      [target, lab] = [await make(), await openReplayLab()];
    });
    beforeEach(() => target.reset());
    afterAll(async () => {
      await target.close();
      await lab.close();
    });

    it('D3: a dropped column comes back with its values; rows that came since have none, rows that went stay gone', async () => {
      await start([ITEMS, 'ALTER TABLE items DROP COLUMN size;'], ROWS);
      await sql("DELETE FROM items WHERE id = 1; INSERT INTO items VALUES (4, 'four')");
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back', undone: ['0001_step'] });
      expect(await rows('SELECT * FROM items ORDER BY id')).toEqual([
        { id: 2, name: 'two', size: null },
        { id: 3, name: "th'ree", size: 30 },
        { id: 4, name: 'four', size: 3 },
      ]);
    });

    it('D3: a dropped column without NULLs comes back before its NOT NULL, and a row without a value is told', async () => {
      await start([ITEMS, 'ALTER TABLE items DROP COLUMN name;'], ROWS);
      await sql('INSERT INTO items (id) VALUES (4)');
      expect(await down('0000_step')).toMatchObject({
        kind: 'failed',
        undone: [],
        error: {
          code: 'ROLLBACK_FAILED',
          details: { sqlState: '23502' },
          place: { line: expect.any(Number) },
        },
      });
      expect(await tags()).toEqual(['0000_step', '0001_step']);
      await sql('DELETE FROM items WHERE id = 4');
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back' });
      expect(await rows('SELECT name FROM items ORDER BY id')).toEqual([
        { name: 'one' },
        { name: 'two' },
        { name: "th'ree" },
      ]);
    });

    it('D3: up, down, up keeps what was written into what the migration added, and what was deleted stays deleted', async () => {
      const added = `CREATE TABLE kinds (id serial PRIMARY KEY, label text NOT NULL, at timestamptz);
        CREATE TABLE links (kind integer REFERENCES kinds, item integer REFERENCES items ON DELETE CASCADE, n bigint GENERATED ALWAYS AS IDENTITY);
        INSERT INTO kinds (label) VALUES ('seed a'), ('seed b');
        ALTER TABLE items ADD COLUMN kind integer REFERENCES kinds, ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY;`;
      await start([ITEMS, added], ROWS);
      await sql(`DELETE FROM kinds WHERE label = 'seed a'; INSERT INTO kinds (label, at) VALUES ('own', '2024-02-29 12:00+02');
        UPDATE items SET kind = 3 WHERE id = 2; INSERT INTO items (id, name) VALUES (9, 'nine');
        INSERT INTO links (kind, item) VALUES (3, 1), (2, 2), (2, 2)`);
      const see = async () => ({
        items: await rows('SELECT * FROM items ORDER BY id'),
        kinds: await rows('SELECT id, label, extract(epoch FROM at)::text AS at FROM kinds ORDER BY id'),
        links: await rows('SELECT * FROM links ORDER BY n'),
      });
      const before = await see();
      expect(before.kinds).toHaveLength(2);
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back' });
      expect(await rows('SELECT * FROM items WHERE id = 9')).toEqual([{ id: 9, name: 'nine', size: 3 }]);
      await up();
      expect(await see()).toEqual(before);
      await sql("INSERT INTO kinds (label) VALUES ('next'); INSERT INTO links DEFAULT VALUES");
      expect(
        await rows('SELECT max(id) AS kind, (SELECT max(n)::int FROM links) AS link FROM kinds'),
      ).toEqual([{ kind: 4, link: 4 }]);
      expect(await readStashes(target.executor)).toEqual([]);
    });

    it('D3: a narrowed value comes back, unless it was changed since', async () => {
      await start([ITEMS, 'ALTER TABLE items ALTER COLUMN name TYPE integer USING length(name);'], ROWS);
      await sql('UPDATE items SET name = 77 WHERE id = 2');
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back' });
      const back = [{ name: 'one' }, { name: '77' }, { name: "th'ree" }];
      expect(await rows('SELECT name FROM items ORDER BY id')).toEqual(back);
      await up();
      // Its own conversion would make a 2 of '77'.
      expect(await rows('SELECT name FROM items ORDER BY id')).toEqual([
        { name: 3 },
        { name: 77 },
        { name: 6 },
      ]);
    });

    it('D3: a dropped table comes back with its rows, keys, sequences and what refers to it', async () => {
      const made = `${ITEMS} CREATE TABLE notes (id serial PRIMARY KEY, item integer REFERENCES items ON DELETE CASCADE, tags text[], body json);`;
      await start(
        [made, 'DROP TABLE notes; DROP TABLE items;'],
        `${ROWS}; INSERT INTO notes (item, tags, body) VALUES (3, '{a,"b c"}', '{"x": 1}'), (1, NULL, NULL)`,
      );
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back' });
      expect(await rows('SELECT id, item, tags, body::text AS body FROM notes ORDER BY id')).toEqual([
        { id: 1, item: 3, tags: ['a', 'b c'], body: '{"x": 1}' },
        { id: 2, item: 1, tags: null, body: null },
      ]);
      await sql('INSERT INTO notes (item) VALUES (1)');
      expect(await rows('SELECT max(id) AS id FROM notes')).toEqual([{ id: 3 }]);
      await expect(sql('INSERT INTO notes (item) VALUES (99)')).rejects.toThrow(/foreign key/);
    });

    it('D3: a table without a key: equal rows are told apart by their number', async () => {
      await start(
        ['CREATE TABLE plain (a integer, b text);', 'ALTER TABLE plain DROP COLUMN b;'],
        "INSERT INTO plain VALUES (1, 'x'), (1, 'y'), (NULL, 'z'), (2, NULL)",
      );
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back' });
      expect(await rows('SELECT a, b FROM plain ORDER BY a, b')).toEqual([
        { a: 1, b: 'x' },
        { a: 1, b: 'y' },
        { a: 2, b: null },
        { a: null, b: 'z' },
      ]);
    });

    it('D3: what is brought back is nobody’s change: triggers stay silent, and keep their state', async () => {
      const touched = `${ITEMS} CREATE TABLE log (what text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN NEW; END $$;
        CREATE TRIGGER items_note BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION note();
        ALTER TABLE items ENABLE ALWAYS TRIGGER items_note;`;
      await start([touched, 'ALTER TABLE items DROP COLUMN size;'], ROWS);
      await down('0000_step');
      expect(await rows('SELECT * FROM log')).toEqual([]);
      expect(
        await rows("SELECT tgenabled::text AS state FROM pg_trigger WHERE tgname = 'items_note'"),
      ).toEqual([{ state: 'A' }]);
    });

    it('D3: both tracking tables agree afterwards, the structure is that of the version, and the rollback is on record', async () => {
      await compile(ITEMS, 'CREATE TABLE notes (id integer);', 'ALTER TABLE notes ADD COLUMN a text;');
      const [first, ...rest] = bundle.migrations;
      requireMigrated(
        await runMigrations(
          target.executor,
          { migrations: first === undefined ? [] : [first] },
          { target: kind },
        ),
      );
      const structure = await readStructure(target.executor);
      await up();
      const seen: string[] = [];
      const result = await down('0000_step', { onEvent: (event) => seen.push(event.kind) });
      expect(result).toMatchObject({ undone: ['0002_step', '0001_step'], version: { tag: '0000_step' } });
      expect(seen.filter((event) => event !== 'stashed')).toEqual(['undoing', 'undone', 'undoing', 'undone']);
      expect(await readStructure(target.executor)).toEqual(structure);
      expect(await rows('SELECT hash FROM drizzle.__drizzle_migrations')).toEqual([{ hash: first?.hash }]);
      const recorded = await readRollbacks(target.executor);
      expect(recorded).toMatchObject(
        rest
          .toReversed()
          .map(({ tag, hash }) => ({ tag, hash, acceptedLoss: false, by: expect.any(String) })),
      );
      expect(recorded[0]?.undoneAt).toBeGreaterThanOrEqual(recorded[0]?.appliedAt ?? 0);
      expect(await down('0000_step')).toMatchObject({ kind: 'nothing' });
    });

    it('published failure: undo and repair corrupt the history (Flyway #2219): an undone file may be edited, and is pending', async () => {
      await compile(ITEMS, 'ALTER TABLE items ADD COLUMN a text;');
      await up();
      await down('0000_step');
      await compile(ITEMS, 'ALTER TABLE items ADD COLUMN b text;');
      expect(await up()).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_step' }] });
      expect(await up()).toMatchObject({ kind: 'up-to-date' });
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back' });
      expect((await readRollbacks(target.executor)).map(({ tag }) => tag)).toEqual([
        '0001_step',
        '0001_step',
      ]);
    });

    it('published failure: down without a stash loses data: it is refused until that is accepted', async () => {
      await compile(ITEMS, 'ALTER TABLE items DROP COLUMN size;');
      const [first] = bundle.migrations;
      requireMigrated(
        await runMigrations(
          target.executor,
          { migrations: first === undefined ? [] : [first] },
          { target: kind },
        ),
      );
      await sql(ROWS);
      await up({ stash: false });
      expect(await down('0000_step')).toMatchObject({
        kind: 'refused',
        error: { code: 'ROLLBACK_LOSES_DATA', message: expect.stringContaining('items (size)') },
      });
      expect(await tags()).toHaveLength(2);
      expect(await down('0000_step', { acceptLoss: true })).toMatchObject({ kind: 'rolled-back' });
      // The control: without the stash the values are gone.
      expect(await rows('SELECT DISTINCT size FROM items')).toEqual([{ size: 3 }]);

      await compile(ITEMS, 'ALTER TABLE items ADD COLUMN a text;');
      await up();
      await sql("UPDATE items SET a = 'a'");
      expect(await down('0000_step', { stash: false })).toMatchObject({
        kind: 'refused',
        error: { details: { losses: [{ kind: 'stash-off', rows: 3 }] } },
      });
    });

    it('published failure: down after later migrations: those are undone first, and one in the middle never alone', async () => {
      await start(
        [ITEMS, 'ALTER TABLE items RENAME TO things;', 'ALTER TABLE things ADD COLUMN a text;'],
        "INSERT INTO things VALUES (1, 'one')",
      );
      expect(await down('0000_step')).toMatchObject({ undone: ['0002_step', '0001_step'] });
      expect(await rows('SELECT * FROM items')).toEqual([{ id: 1, name: 'one', size: 3 }]);
    });

    it('D3: shows what will happen to which rows before anything does', async () => {
      await start(
        [
          ITEMS,
          'ALTER TABLE items DROP COLUMN size; ALTER TABLE items ADD COLUMN a text; CREATE TABLE notes (id integer);',
        ],
        ROWS,
      );
      await sql('INSERT INTO notes VALUES (1)');
      const preview = await describeRollback(target.executor, { to: '0000_step', target: kind });
      expect(preview).toMatchObject({
        undone: [{ tag: '0001_step' }],
        effects: [
          { kind: 'set-aside', table: 'notes', rows: 1, isWhole: true, bytes: expect.any(Number) },
          { kind: 'set-aside', table: 'items', columns: ['a'], rows: 3, isWhole: false },
          { kind: 'restored', table: 'items', columns: ['size'], rows: 3 },
        ],
        losses: [],
      });
      expect(await tags()).toHaveLength(2);
      await pruneStash(target.executor, { keepDays: 30 });
      expect(await readStashes(target.executor)).toHaveLength(1);
      expect(await pruneStash(target.executor, { keepDays: 0 }, Date.now() + 1000)).toHaveLength(1);
      const later = await describeRollback(target.executor, { to: '0000_step', target: kind });
      expect(later?.losses).toMatchObject([{ kind: 'not-stashed', table: 'items', columns: ['size'] }]);
    });

    it('D3: what cannot be undone is refused, each with its reason', async () => {
      await compile(ITEMS, "INSERT INTO items VALUES (1, 'a');");
      await up();
      const codes = async (to: string | null) => {
        const result = await down(to);
        return result.kind === 'refused' ? result.error.details.obstacles : result.kind;
      };
      expect(await codes('0000_step')).toEqual([{ kind: 'no-down', tag: '0001_step' }]);
      expect(await codes('0007_other')).toEqual([{ kind: 'unknown-target', tag: '0007_other' }]);

      await target.reset();
      await compile(ITEMS, 'CREATE TABLE notes (id integer);');
      await up();
      await sql(
        `UPDATE lockstep.migrations SET entry = jsonb_set(entry, '{hash}', to_jsonb(repeat('0', 64))) WHERE index = 1`,
      );
      expect(await codes('0000_step')).toEqual([{ kind: 'altered', tag: '0001_step' }]);

      await target.reset();
      const [first, second] = bundle.migrations;
      await compile(ITEMS, 'CREATE TABLE other (id integer);', 'CREATE TABLE notes (id integer);');
      const late = bundle;
      if (first === undefined || second === undefined) throw new Error('two migrations');
      requireMigrated(
        await runMigrations(target.executor, { migrations: [first, second] }, { target: kind }),
      );
      // A branch's 0001 came in before what is applied already.
      bundle = {
        migrations: late.migrations.map((entry, index) =>
          index === 0 ? entry : { ...entry, tag: `000${index}_merged` },
        ),
      };
      await up();
      expect(await codes('0000_step')).toContainEqual({
        kind: 'out-of-order',
        tag: '0002_merged',
        later: '0001_merged',
      });
    });

    it('D3: a down that fails leaves the migration applied and every row as it was', async () => {
      await start(
        [
          "CREATE TYPE level AS ENUM ('low', 'high'); CREATE TABLE graded (id int PRIMARY KEY, level level);",
          "ALTER TYPE level ADD VALUE 'top'; ALTER TABLE graded DROP COLUMN id;",
        ],
        "INSERT INTO graded VALUES (1, 'low')",
      );
      await sql("INSERT INTO graded (level) VALUES ('top')");
      expect(await down('0000_step')).toMatchObject({
        kind: 'failed',
        error: { code: 'ROLLBACK_FAILED', details: { sqlState: '22P02' } },
      });
      expect(await rows('SELECT level::text AS level FROM graded ORDER BY 1')).toEqual([
        { level: 'low' },
        { level: 'top' },
      ]);
      expect(await readStashes(target.executor)).toHaveLength(1);
      expect(await readRollbacks(target.executor)).toEqual([]);
    });

    it('D3: a down that does not lead to the promised structure is rolled back: here the stored one was wrong', async () => {
      await compile(ITEMS, 'ALTER TABLE items ADD COLUMN a text, ADD COLUMN b text;');
      await up();
      await sql("INSERT INTO items VALUES (1, 'one')");
      const [, second] = bundle.migrations;
      const left = {
        ...second?.down,
        server: [second?.down?.server[0]],
        embedded: [second?.down?.embedded[0]],
      };
      await target.executor.query(
        `UPDATE lockstep.migrations SET entry = jsonb_set(entry, '{down}', $1::text::jsonb) WHERE index = 1`,
        [JSON.stringify(left)],
      );
      expect(await down('0000_step')).toMatchObject({
        kind: 'failed',
        error: {
          code: 'ROLLBACK_FAILED',
          details: { diff: { unexpected: [{ identity: 'column public.items.b' }] } },
        },
      });
      expect(await tags()).toHaveLength(2);
      // The bundle's own down of the same history is preferred.
      expect(await down('0000_step', { bundle })).toMatchObject({ kind: 'rolled-back' });
    });

    it('D3: a hand-written down with statements outside of transactions', async () => {
      const down1 = 'DROP INDEX CONCURRENTLY items_name;\nALTER TABLE items DROP COLUMN a;';
      await compile(ITEMS, {
        sql: 'ALTER TABLE items ADD COLUMN a text; CREATE INDEX items_name ON items (name);',
        down: down1,
      });
      await up();
      await sql("INSERT INTO items VALUES (1, 'one', 1, 'kept')");
      expect(await down('0000_step')).toMatchObject({ kind: 'rolled-back' });
      await up();
      expect(await rows('SELECT a FROM items')).toEqual([{ a: 'kept' }]);
    });
  });
}
