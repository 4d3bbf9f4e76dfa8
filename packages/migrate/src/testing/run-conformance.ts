import { LockstepError } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../run/events.ts';
import { formatRunEvent } from '../run/events.ts';
import type { MigrationGuard } from '../run/guard.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { type RunOptions, requireMigrated } from '../run/run-options.ts';
import {
  getAppliedMigrations,
  markMigrationApplied,
  readApplied,
  readAppliedEntries,
} from '../run/tracking.ts';
import { fileText, type TestMigration, testBundle } from './bundle.ts';
import type { TestTarget } from './databases.ts';

const ITEMS: TestMigration = {
  tag: '0000_items',
  statements: ['CREATE TABLE items (id integer PRIMARY KEY)', 'INSERT INTO items VALUES (1)'],
};
const NAME: TestMigration = { tag: '0001_name', statements: ['ALTER TABLE items ADD COLUMN name text'] };
const NOTES: TestMigration = { tag: '0002_notes', statements: ['CREATE TABLE notes (id integer)'] };

/** What `runMigrations` promises on every database, whichever engine it is. */
export function runConformance(
  name: string,
  kind: 'server' | 'embedded',
  make: () => Promise<TestTarget>,
): void {
  describe(`runMigrations on ${name}`, () => {
    let target: TestTarget;
    const events: RunEvent[] = [];
    const run = (
      migrations: readonly TestMigration[],
      more: Partial<RunOptions<'server' | 'embedded'>> = {},
    ) => {
      events.length = 0;
      return runMigrations(target.executor, testBundle(migrations), {
        target: kind,
        onEvent: (event) => events.push(event),
        ...more,
      });
    };
    const tables = async () => {
      const rows = await target.executor.query<{ name: string }>(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
      );
      return rows.map((row) => row.name);
    };
    const appliedTags = async () => (await getAppliedMigrations(target.executor)).map(({ tag }) => tag);

    beforeAll(async () => {
      target = await make();
    });
    beforeEach(() => target.reset());
    afterAll(() => target.close());

    it('C1: applies what is pending in order, then finds nothing to do', async () => {
      const first = await run([ITEMS, NAME]);
      expect(first).toMatchObject({
        kind: 'applied',
        version: { tag: '0001_name', index: 1 },
        migrations: [
          { tag: '0000_items', outcome: 'applied' },
          { tag: '0001_name', outcome: 'applied' },
        ],
      });
      expect(await run([ITEMS, NAME])).toMatchObject({ kind: 'up-to-date', version: { tag: '0001_name' } });
      expect(await run([ITEMS, NAME, NOTES])).toMatchObject({
        migrations: [{ tag: '0002_notes', outcome: 'applied' }],
      });
      expect(await tables()).toEqual(['items', 'notes']);
    });

    it('has nothing to do with an empty history, and creates nothing for it', async () => {
      expect(await run([])).toEqual({ kind: 'up-to-date', version: null, migrations: [] });
      const schemas = await target.executor.query(
        "SELECT FROM pg_namespace WHERE nspname IN ('lockstep', 'drizzle')",
      );
      expect(schemas).toHaveLength(0);
      expect(await readApplied(target.executor)).toEqual({ migrations: [], drizzleOnly: [] });
    });

    it("C2: writes Drizzle's rows as Drizzle does, and its own beside them", async () => {
      const { migrations } = testBundle([ITEMS, NAME]);
      await run([ITEMS, NAME]);
      const rows = await target.executor.query(
        'SELECT hash, created_at::text AS at FROM drizzle.__drizzle_migrations ORDER BY id',
      );
      expect(rows).toEqual(migrations.map(({ hash, when }) => ({ hash, at: String(when) })));
      const applied = await getAppliedMigrations(target.executor);
      expect(applied).toMatchObject(
        migrations.map(({ tag, index, when, hash, chain }) => ({
          tag,
          index,
          when,
          hash,
          chain,
          target: kind,
        })),
      );
      expect(applied[0]?.durationMs).toBeGreaterThanOrEqual(0);
      expect(Math.abs((applied[0]?.appliedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    it('answers the stored entries in the form that clients get', async () => {
      await run([ITEMS, NAME]);
      const entries = await readAppliedEntries(target.executor);
      expect(entries.map(({ tag }) => tag)).toEqual(['0000_items', '0001_name']);
      expect(entries[1]?.replica).toEqual(testBundle([ITEMS, NAME]).migrations[1]?.replica);
      expect(entries[0]).not.toHaveProperty('server');
    });

    it('C5: a failing migration leaves nothing, and says where and why', async () => {
      const broken: TestMigration = {
        tag: '0001_broken',
        statements: ['CREATE TABLE notes (id integer)', "ALTER TABLE items\n  ADD COLUMN '🙂' , nonsense"],
      };
      const result = await run([ITEMS, broken, NOTES]);
      expect(result).toMatchObject({
        kind: 'failed',
        version: { tag: '0000_items' },
        migrations: [
          { tag: '0000_items', outcome: 'applied' },
          { tag: '0001_broken', outcome: 'failed' },
          { tag: '0002_notes', outcome: 'not-run' },
        ],
      });
      expect(await tables()).toEqual(['items']);
      expect(await appliedTags()).toEqual(['0000_items']);

      const error = result.kind === 'failed' ? result.error : null;
      expect(error).toMatchObject({
        code: 'MIGRATION_FAILED',
        details: { tag: '0001_broken', sqlState: '42601' },
      });
      expect(error?.details.excerpt).toBe("  ADD COLUMN '🙂' , nonsense\n             ^");
      const line = fileText(broken)
        .split('\n')
        .findIndex((text) => text.includes('ADD COLUMN'));
      expect(error?.place).toEqual({ file: '0001_broken.sql', statement: 2, line: line + 1, column: 14 });
      expect(() => requireMigrated(result)).toThrow(error as Error);
    });

    it('published failure: a failed migration is not left as "failed" and blocks nothing (prisma P3009): corrected, it applies at the next run', async () => {
      const needs: TestMigration = {
        tag: '0001_needs',
        statements: ['CREATE TABLE notes (id integer)', 'ALTER TABLE missing ADD COLUMN a int'],
      };
      expect(await run([ITEMS, needs])).toMatchObject({ kind: 'failed' });
      const corrected = { ...needs, statements: [...needs.statements.slice(0, 1), 'SELECT 1'] };
      expect(await run([ITEMS, corrected, NAME])).toMatchObject({
        kind: 'applied',
        migrations: [{ tag: '0001_needs' }, { tag: '0001_name' }],
      });
    });

    it('goes on after the cause is gone', async () => {
      const needs: TestMigration = {
        tag: '0001_needs',
        statements: ['ALTER TABLE missing ADD COLUMN a int'],
      };
      expect(await run([ITEMS, needs])).toMatchObject({ kind: 'failed' });
      await target.executor.exec('CREATE TABLE missing (id int)');
      expect(await run([ITEMS, needs])).toMatchObject({ kind: 'applied' });
    });

    it('published failure: the first file is never run again on an old database, so it does not miss a column that a later one adds (gbrain #478)', async () => {
      // What an application would run at each start: "if not exists", and by now with the newest column in it.
      const indexed: TestMigration = {
        tag: '0002_index',
        statements: ['CREATE INDEX items_name ON items (name)'],
      };
      await run([ITEMS]);
      expect(await run([ITEMS, NAME, indexed])).toMatchObject({ kind: 'applied' });
      const baseline: TestMigration = {
        ...ITEMS,
        statements: [
          'CREATE TABLE IF NOT EXISTS items (id integer PRIMARY KEY, name text, price integer)',
          'CREATE INDEX IF NOT EXISTS items_price ON items (price)',
        ],
      };
      expect(await run([baseline, NAME, indexed])).toMatchObject({
        kind: 'refused',
        error: { code: 'MIGRATION_EDITED', place: { file: '0000_items.sql' } },
      });
    });

    it('published failure: a run leaves no views and no rights of its own, so none goes around row-level security (pgroll #179)', async () => {
      const guarded: TestMigration = {
        tag: '0000_items',
        statements: [
          'CREATE TABLE items (id integer PRIMARY KEY, owner text)',
          'ALTER TABLE items ENABLE ROW LEVEL SECURITY',
          'CREATE POLICY own ON items USING (owner = current_user)',
          'ALTER TABLE items FORCE ROW LEVEL SECURITY',
        ],
      };
      await run([guarded, { tag: '0001_more', statements: ['ALTER TABLE items ADD COLUMN name text'] }]);
      const left = await target.executor.query(
        `SELECT c.oid::regclass::text AS relation, c.relkind::text AS kind, c.relacl::text AS rights,
           c.relrowsecurity AND c.relforcerowsecurity AS guarded
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname IN ('public', 'lockstep', 'drizzle')
           AND (c.relkind IN ('v', 'm') OR c.relacl IS NOT NULL OR c.oid = 'items'::regclass)`,
      );
      expect(left).toEqual([{ relation: 'items', kind: 'r', rights: null, guarded: true }]);
      const rights = await target.executor.query(
        "SELECT nspname FROM pg_namespace WHERE nspname IN ('lockstep', 'drizzle') AND nspacl IS NOT NULL",
      );
      expect(rights).toEqual([]);
    });

    it('C5: a constraint that fails at the commit takes the tracking rows with it', async () => {
      const deferred: TestMigration = {
        tag: '0001_deferred',
        statements: [
          'CREATE TABLE notes (item integer REFERENCES items DEFERRABLE INITIALLY DEFERRED)',
          'INSERT INTO notes VALUES (99)',
        ],
      };
      const result = await run([ITEMS, deferred]);
      expect(result).toMatchObject({
        kind: 'failed',
        error: { code: 'MIGRATION_FAILED', details: { sqlState: '23503' } },
      });
      expect(await appliedTags()).toEqual(['0000_items']);
      expect(await tables()).toEqual(['items']);
    });

    it.each([
      ['in its meaning', 'ALTER TABLE items\nADD COLUMN name varchar'],
      ['by a space at the end of a line', 'ALTER TABLE items \nADD COLUMN name text'],
      ['by the line endings of Windows', 'ALTER TABLE items\r\nADD COLUMN name text'],
    ])(
      'D4: published failure: a file edited after it was applied, %s, is refused with its name and both hashes (flyway #1813)',
      async (_what, statement) => {
        const name = { ...NAME, statements: ['ALTER TABLE items\nADD COLUMN name text'] };
        await run([ITEMS, name]);
        const edited = { ...name, statements: [statement] };
        const result = await run([ITEMS, edited, NOTES]);
        const hashes = [name, edited].map((entry) => testBundle([ITEMS, entry]).migrations[1]?.hash);
        expect(result).toMatchObject({
          kind: 'refused',
          error: {
            code: 'MIGRATION_EDITED',
            message: expect.stringContaining('0001_name'),
            place: { file: '0001_name.sql' },
            details: { edited: [{ tag: '0001_name', applied: hashes[0], shipped: hashes[1] }] },
          },
        });
        expect(await tables()).toEqual(['items']);
      },
    );

    it('refuses to run an older build on a newer database', async () => {
      await run([ITEMS, NAME, NOTES]);
      const result = await run([ITEMS, NAME]);
      expect(result).toMatchObject({
        kind: 'refused',
        version: { tag: '0002_notes' },
        error: { code: 'MIGRATION_AHEAD' },
      });
    });

    it('published failure: an entry that a branch merged in below the newest one is applied and reported (drizzle #5316)', async () => {
      const branch: TestMigration = {
        tag: '0001_branch',
        when: 1500,
        statements: ['CREATE TABLE notes (id int)'],
      };
      const late: TestMigration = { ...NAME, when: 2000 };
      await run([ITEMS, late]);
      const merged = [ITEMS, branch, { ...late, tag: '0002_name' }];
      expect(await run(merged)).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_branch' }] });
      expect(events[0]).toMatchObject({
        kind: 'planned',
        pending: ['0001_branch'],
        outOfOrder: ['0001_branch'],
      });
      expect(await tables()).toEqual(['items', 'notes']);

      const bundle = testBundle(merged);
      const rows = await getAppliedMigrations(target.executor);
      expect(rows.map(({ tag, index, chain }) => ({ tag, index, chain }))).toEqual(
        bundle.migrations.map(({ tag, index, chain }) => ({ tag, index, chain })),
      );
      expect(await readAppliedEntries(target.executor)).toMatchObject(
        bundle.migrations.map(({ tag, chain }) => ({ tag, chain })),
      );
      expect(await run(merged)).toMatchObject({ kind: 'up-to-date' });
    });

    it('C2: published failure: a renumbered migration keeps its rows, under its new name and time, also where another bears the old name (drizzle #5769)', async () => {
      const mine: TestMigration = { ...NAME, tag: '0001_add', when: 1500 };
      await run([ITEMS, mine]);
      const theirs: TestMigration = {
        tag: '0001_add',
        when: 2000,
        statements: ['CREATE TABLE notes (id int)'],
      };
      const merged = [ITEMS, theirs, { ...mine, tag: '0002_add', when: 2001 }];
      expect(await run(merged)).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_add' }] });
      const { migrations } = testBundle(merged);
      expect(await getAppliedMigrations(target.executor)).toMatchObject(
        migrations.map(({ tag, index, when, chain, hash }) => ({ tag, index, when, chain, hash })),
      );
      // What Drizzle's own runner would compare: its newest row is the journal's newest.
      const rows = await target.executor.query<{ hash: string; created_at: string }>(
        'SELECT hash, created_at::text AS created_at FROM drizzle.__drizzle_migrations ORDER BY created_at',
      );
      expect(rows).toEqual(migrations.map(({ hash, when }) => ({ hash, created_at: String(when) })));
      expect(await run(merged)).toMatchObject({ kind: 'up-to-date' });
    });

    it("takes over what Drizzle's own migrator had applied", async () => {
      const { migrations } = testBundle([ITEMS, NAME]);
      await target.executor.exec(
        `${fileText(ITEMS)}
         CREATE SCHEMA drizzle;
         CREATE TABLE drizzle.__drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
         INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('${migrations[0]?.hash}', 1000)`,
      );
      expect(await run([ITEMS])).toMatchObject({ kind: 'up-to-date', version: { tag: '0000_items' } });
      expect(events).toContainEqual({ kind: 'taken-over', tags: ['0000_items'] });
      expect(await appliedTags()).toEqual(['0000_items']);
      expect(await run([ITEMS, NAME])).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_name' }] });
      expect(await readApplied(target.executor)).toMatchObject({ drizzleOnly: [] });
    });

    it('runs what goes alongside in the same transaction', async () => {
      const alongside: RunOptions['alongside'] = async (tx, migration) => {
        await tx.query('INSERT INTO items VALUES ($1::text::int)', [String(100 + migration.index)]);
        if (migration.tag === NOTES.tag)
          throw new LockstepError('CONFLICT', { message: 'no', remedy: 'none' });
      };
      const result = await run([ITEMS, NAME, NOTES], { alongside });
      expect(result).toMatchObject({ kind: 'failed', error: { code: 'CONFLICT' } });
      const rows = await target.executor.query<{ id: number }>('SELECT id FROM items ORDER BY id');
      expect(rows.map(({ id }) => id)).toEqual([1, 100, 101]);
      expect(await tables()).toEqual(['items']);
    });

    it('asks guards before and after each migration, in its transaction', async () => {
      const asked: string[] = [];
      const guard: MigrationGuard = {
        async before(tx, { tag }) {
          const [row] = await tx.query<{ name: string | null }>("SELECT to_regclass('notes')::text AS name");
          asked.push(`before ${tag} ${row?.name}`);
        },
        async after(tx, { tag }) {
          const [row] = await tx.query<{ name: string | null }>("SELECT to_regclass('notes')::text AS name");
          asked.push(`after ${tag} ${row?.name}`);
          if (tag === NOTES.tag) throw new LockstepError('CONFLICT', { message: 'no', remedy: 'none' });
        },
      };
      const result = await run([ITEMS, NOTES], { guards: [guard] });
      expect(result).toMatchObject({ kind: 'failed', error: { code: 'CONFLICT' } });
      expect(asked).toEqual([
        'before 0000_items null',
        'after 0000_items null',
        'before 0002_notes null',
        'after 0002_notes notes',
      ]);
      expect(await tables()).toEqual(['items']);
    });

    it('D2: marks a migration as applied without running it, once', async () => {
      const { migrations } = testBundle([ITEMS, NAME]);
      const [items] = migrations;
      if (items === undefined) throw new Error('unreachable');
      await markMigrationApplied(target.executor, items, kind);
      await markMigrationApplied(target.executor, items, kind);
      expect(await tables()).toEqual([]);
      await target.executor.exec('CREATE TABLE items (id integer PRIMARY KEY)');
      expect(await run([ITEMS, NAME])).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_name' }] });
      const rows = await target.executor.query('SELECT FROM drizzle.__drizzle_migrations');
      expect(rows).toHaveLength(2);
    });

    it('survives statements that leave search_path and session settings behind', async () => {
      const rude: TestMigration = {
        tag: '0001_rude',
        statements: ["SELECT pg_catalog.set_config('search_path', '', false)"],
      };
      const qualified: TestMigration = { tag: '0002_q', statements: ['CREATE TABLE public.notes (id int)'] };
      const before = await target.executor.query('SHOW search_path');
      expect(await run([ITEMS, rude, qualified])).toMatchObject({ kind: 'applied' });
      expect(await run([ITEMS, rude, qualified])).toMatchObject({ kind: 'up-to-date' });
      expect(await target.executor.query('SHOW search_path')).toEqual(before);
    });

    it('C7: tells its steps, with a log line for each that matters', async () => {
      await run([ITEMS, NAME]);
      const told = events.flatMap((event) => {
        if (event.kind !== 'statement') return [event.kind];
        // Those that are sent as one are told as one.
        const { statement, through = statement } = event;
        return Array.from(
          { length: through - statement + 1 },
          (_, index) => `statement ${statement + index}`,
        );
      });
      expect(told).toEqual([
        'planned',
        'started',
        'statement 1',
        'statement 2',
        'applied',
        'started',
        'statement 1',
        'applied',
        'finished',
      ]);
      const lines = events.map(formatRunEvent).filter((line) => line !== null);
      expect(lines[0]).toBe('0 applied, 2 pending: 0000_items, 0001_name.');
      expect(lines[1]).toBe('Applying 0000_items (1 of 2).');
      expect(lines.at(-1)).toMatch(/^2 migrations applied in \d+ ms\.$/);
    });
  });
}
