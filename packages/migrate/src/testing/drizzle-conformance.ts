import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from '../run/executor/executor.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { getAppliedMigrations } from '../run/tracking.ts';
import { bundleOf, foldersFolder, IN_FOLDERS, JOURNALLED, journalFolder } from './drizzle-history.ts';

/** A database on which Drizzle's own migrators run beside ours. */
export interface DrizzleTarget {
  readonly executor: Executor;
  readonly target: 'server' | 'embedded';
  /** `migrate()` of drizzle-orm 0.45 with a folder of 0.31, and of 1.0 with one of 1.0. */
  readonly migrate045: (folder: string) => Promise<unknown>;
  readonly migrate1: (folder: string) => Promise<unknown>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

interface Row {
  readonly hash: string;
  readonly created_at: string;
  readonly name?: string | null;
}

/** C2: on one database Drizzle's migrators and ours take turns, whichever of its two tracking tables there is. */
export function drizzleConformance(name: string, make: () => Promise<DrizzleTarget>): void {
  describe(`C2: the migrators of drizzle-orm 0.45 and 1.0 and ours on ${name}`, () => {
    let db: DrizzleTarget;
    beforeAll(async () => {
      db = await make();
    });
    beforeEach(() => db.reset());
    afterAll(() => db.close());

    const ours = (history: typeof JOURNALLED, length: number) =>
      runMigrations(db.executor, bundleOf(history, length), { target: db.target });
    const rows = () =>
      db.executor.query<Row>(
        `SELECT hash, created_at::text AS created_at, to_jsonb(d) ->> 'name' AS name
         FROM drizzle.__drizzle_migrations AS d ORDER BY id`,
      );
    const items = () => db.executor.query('SELECT * FROM items');

    it('1.0 finds nothing to do after ours, on our table as on its own', async () => {
      await ours(IN_FOLDERS, 4);
      await db.migrate1(foldersFolder(4));
      expect((await rows()).map((row) => row.name)).toEqual(IN_FOLDERS.map(({ tag }) => tag));
      expect(await ours(IN_FOLDERS, 4)).toMatchObject({ kind: 'up-to-date' });
      expect(await items()).toHaveLength(1);
    });

    it('1.0 and ours alternate', async () => {
      await db.migrate1(foldersFolder(1));
      expect(await ours(IN_FOLDERS, 2)).toMatchObject({
        kind: 'applied',
        migrations: [{ tag: IN_FOLDERS[1]?.tag }],
      });
      await db.migrate1(foldersFolder(3));
      expect(await ours(IN_FOLDERS, 4)).toMatchObject({
        kind: 'applied',
        migrations: [{ tag: IN_FOLDERS[3]?.tag }],
      });
      const before = await rows();
      await db.migrate1(foldersFolder(4));
      expect(await rows()).toEqual(before);
      expect(before.map((row) => row.name)).toEqual(IN_FOLDERS.map(({ tag }) => tag));
      expect(await items()).toHaveLength(1);
    });

    it('ours writes what 1.0 would have written', async () => {
      await db.migrate1(foldersFolder(4));
      const theirs = await rows();
      await db.executor.exec('DELETE FROM drizzle.__drizzle_migrations; DROP TABLE items, notes');
      await ours(IN_FOLDERS, 4);
      expect(await rows()).toEqual(theirs);
      const [row] = await db.executor.query(
        'SELECT applied_at IS NOT NULL AS told FROM drizzle.__drizzle_migrations',
      );
      expect(row).toEqual({ told: true });
    });

    it('published failure: the tracking table goes from v0 (milliseconds) to v1 (seconds, names) and nothing is run twice (drizzle #5336)', async () => {
      await db.migrate045(journalFolder(1));
      await ours(JOURNALLED, 3);
      // `drizzle-kit up`: from here on the folder has the other layout.
      await db.migrate1(foldersFolder(3));
      expect((await rows()).map((row) => row.name)).toEqual(IN_FOLDERS.slice(0, 3).map(({ tag }) => tag));
      expect(await ours(IN_FOLDERS, 4)).toMatchObject({
        kind: 'applied',
        migrations: [{ tag: IN_FOLDERS[3]?.tag }],
      });
      await db.migrate1(foldersFolder(4));
      expect((await getAppliedMigrations(db.executor)).map(({ tag }) => tag)).toEqual(
        IN_FOLDERS.map(({ tag }) => tag),
      );
      expect(await items()).toHaveLength(1);
    });

    it('the other way: ours comes first after the folder was converted, 1.0 upgrades the table later', async () => {
      await ours(JOURNALLED, 2);
      await ours(IN_FOLDERS, 3);
      await db.migrate1(foldersFolder(4));
      expect(await ours(IN_FOLDERS, 4)).toMatchObject({ kind: 'up-to-date' });
      expect(await rows()).toHaveLength(4);
    });

    it('0.45 goes on where the table has the columns of 1.0', async () => {
      await db.migrate1(foldersFolder(0));
      await ours(JOURNALLED, 2);
      expect((await rows()).map((row) => row.name)).toEqual(IN_FOLDERS.slice(0, 2).map(({ tag }) => tag));
      await db.migrate045(journalFolder(3));
      expect(await ours(JOURNALLED, 4)).toMatchObject({
        kind: 'applied',
        migrations: [{ tag: '0003_more' }],
      });
      await db.migrate045(journalFolder(4));
      expect(await rows()).toHaveLength(4);
    });

    it('published failure: a row inserted by hand with a made-up created_at (drizzle 1.0: "unmatched migrations")', async () => {
      await ours(JOURNALLED, 1);
      const [, name] = bundleOf(JOURNALLED, 4).migrations;
      await db.executor.exec('ALTER TABLE items ADD COLUMN name text');
      await db.executor.query(
        'INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1::text, 9999999999999)',
        [name?.hash ?? ''],
      );
      // Found by its hash; what is older than the made-up time is applied all the same.
      expect(await ours(JOURNALLED, 4)).toMatchObject({
        kind: 'applied',
        migrations: [{ tag: '0002_notes' }, { tag: '0003_more' }],
      });
      // And its time is the journal's now, so that Drizzle's own runners can go on.
      expect((await rows()).map((row) => Number(row.created_at)).toSorted((a, b) => a - b)).toEqual(
        JOURNALLED.map(({ when }) => when),
      );
      await db.migrate1(foldersFolder(4));
      expect(await items()).toHaveLength(1);
    });

    it('published failure: two configurations share one tracking table (drizzle #5769)', async () => {
      await db.executor.exec(`CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations
        (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
        INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES (repeat('a', 64), 1600000000000)`);
      const result = await ours(JOURNALLED, 2);
      expect(result).toMatchObject({
        kind: 'refused',
        error: { remedy: expect.stringContaining('tracking: { schema, table }') },
      });
      const tracking = { schema: 'other', table: 'my "migrations"' };
      const run = (length: number) =>
        runMigrations(db.executor, bundleOf(JOURNALLED, length), { target: db.target, tracking });
      expect(await run(2)).toMatchObject({ kind: 'applied' });
      expect(await db.executor.query('SELECT FROM other."my ""migrations"""')).toHaveLength(2);
      expect(await rows()).toHaveLength(1);
      expect(await run(3)).toMatchObject({ kind: 'applied', migrations: [{ tag: '0002_notes' }] });
      await db.executor.exec('DROP SCHEMA other CASCADE');
    });

    it('published failure: a journal entry with an older "when" is applied, never skipped (drizzle #5316, #5769)', async () => {
      await ours(JOURNALLED, 3);
      const merged = JOURNALLED.map((migration, index) =>
        index === 3 ? { ...migration, when: 5 } : migration,
      );
      expect(await ours(merged, 4)).toMatchObject({ kind: 'applied', migrations: [{ tag: '0003_more' }] });
      expect(await rows()).toHaveLength(4);
    });
  });
}
