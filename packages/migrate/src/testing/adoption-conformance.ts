import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationBundle } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../author/compile.ts';
import { generate } from '../author/generate/generate.ts';
import { adopt, inspectAdoption } from '../operate/adopt/adopt.ts';
import { formatAdoption } from '../operate/adopt/format-adoption.ts';
import { readStructure } from '../operate/structure/read-structure.ts';
import { runMigrations } from '../run/run-migrations.ts';
import { getAppliedMigrations } from '../run/tracking.ts';
import type { TestTarget } from './databases.ts';
import { push, SCHEMAS } from './pushed-schemas.ts';

const TRIGGER = `CREATE FUNCTION "touch"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."created_at" = now(); RETURN NEW; END $$;
--> statement-breakpoint
CREATE TRIGGER "items_touch" BEFORE UPDATE ON "items" FOR EACH ROW EXECUTE FUNCTION "touch"();`;

/** Migrations that drizzle-kit made, one for each schema, and one by hand: a function and its trigger. */
async function makeHistory(schemas: typeof SCHEMAS, name: string): Promise<MigrationBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-adopt-'));
  try {
    for (const [index, schema] of schemas.entries()) {
      await generate({ folder, schema, name: `${name}${index}`, verify: false });
    }
    const made = await generate({ folder, schema: {}, custom: true, name: 'touch' });
    if (made.kind === 'generated') await writeFile(made.file, TRIGGER);
    return { migrations: await compile(folder) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What adoption promises on every database. */
export function adoptionConformance(
  name: string,
  target: 'server' | 'embedded',
  make: () => Promise<TestTarget>,
): void {
  describe(`adoption on ${name}`, () => {
    let database: TestTarget;
    let bundle: MigrationBundle;
    const tags = async () => (await getAppliedMigrations(database.executor)).map(({ tag }) => tag);
    const all = () => bundle.migrations.map(({ tag }) => tag);
    const exec = (sql: string) => database.executor.exec(sql);
    const adopting = (options: Partial<Parameters<typeof adopt>[2]> = {}) =>
      adopt(database.executor, bundle, { target, ...options });
    const runToHead = () => runMigrations(database.executor, bundle, { target });

    beforeAll(async () => {
      bundle = await makeHistory(SCHEMAS, 'v');
      database = await make();
    });
    beforeEach(() => database.reset());
    afterAll(() => database.close());

    it.each([0, 1, 2])(
      'E1: published failure: a pushed database that equals version %i (drizzle push) is adopted there, and reaches head',
      async (at) => {
        await push(database.executor, SCHEMAS[at] ?? {});
        await exec(`INSERT INTO items (name) VALUES ('kept')`);
        expect(await adopting()).toMatchObject({
          kind: 'adopted',
          tag: all()[at],
          tags: all().slice(0, at + 1),
        });
        expect(await runToHead()).toMatchObject({ kind: 'applied' });
        expect(await tags()).toEqual(all());
        expect(await database.executor.query('SELECT name FROM items')).toEqual([{ name: 'kept' }]);
      },
    );

    it('published failure: a pushed database without tracking rows fails 42P07 in a plain run, and keeps its rows', async () => {
      await push(database.executor, SCHEMAS[2] ?? {});
      const result = await runToHead();
      expect(result).toMatchObject({ kind: 'failed', error: { details: { sqlState: '42P07' } } });
      expect(await tags()).toEqual([]);
      expect(await adopting()).toMatchObject({ kind: 'adopted' });
    });

    it('published failure: a pushed database with one extra index of a user (drizzle push): it is shown, and stays only with consent', async () => {
      await push(database.executor, SCHEMAS[1] ?? {});
      await exec('CREATE INDEX mine ON items (name)');
      const before = await readStructure(database.executor);
      expect(await adopting()).toMatchObject({
        kind: 'unadoptable',
        plan: { kind: 'different', tag: all()[1], repair: { statements: [], kept: ['index public.mine'] } },
      });
      expect(await readStructure(database.executor)).toEqual(before);
      expect(await database.executor.query(`SELECT to_regclass('lockstep.migrations')::text AS it`)).toEqual([
        { it: null },
      ]);
      expect(await adopting({ repair: true })).toMatchObject({
        kind: 'adopted',
        kept: ['index public.mine'],
      });
      expect(await readStructure(database.executor)).toEqual(before);
    });

    it('published failure: a pushed database with another constraint name (drizzle push): the repair renames it', async () => {
      await push(database.executor, SCHEMAS[2] ?? {});
      await exec('ALTER TABLE notes RENAME CONSTRAINT notes_item_body TO other');
      const found = await adopting();
      expect(found).toMatchObject({
        kind: 'unadoptable',
        plan: {
          tag: all()[2],
          repair: {
            statements: ['ALTER TABLE public.notes RENAME CONSTRAINT other TO notes_item_body'],
            kept: [],
            byHand: [],
          },
        },
      });
      expect(await adopting({ repair: true })).toMatchObject({ kind: 'adopted', tag: all()[2] });
      expect(await runToHead()).toMatchObject({ kind: 'applied' });
    });

    it('published failure: a pushed database with another order of columns (drizzle push) is the same structure', async () => {
      await push(database.executor, SCHEMAS[1] ?? {});
      await exec(`ALTER TABLE items DROP COLUMN name; ALTER TABLE items ADD COLUMN name text NOT NULL`);
      expect(await adopting()).toMatchObject({ kind: 'adopted', tag: all()[1] });
    });

    it('a missing trigger is made by the repair', async () => {
      await runToHead();
      await exec(
        'DROP TRIGGER items_touch ON items; DROP SCHEMA lockstep CASCADE; DROP SCHEMA drizzle CASCADE',
      );
      const found = await adopting();
      expect(found).toMatchObject({ kind: 'unadoptable', plan: { kind: 'different', tag: all()[3] } });
      const repaired = await adopting({ repair: true });
      expect(repaired).toMatchObject({
        kind: 'adopted',
        tag: all()[3],
        repaired: [expect.stringContaining('TRIGGER')],
      });
      expect(await runToHead()).toMatchObject({ kind: 'up-to-date' });
      expect(await adopting()).toEqual({ kind: 'nothing-to-adopt', reason: 'tracked' });
    });

    it('an empty database has nothing to adopt', async () => {
      expect(await adopting()).toEqual({ kind: 'nothing-to-adopt', reason: 'empty' });
      expect(await runToHead()).toMatchObject({ kind: 'applied' });
    });

    it('a repair that fails changes nothing', async () => {
      await push(database.executor, SCHEMAS[2] ?? {});
      await exec(`ALTER TABLE items ALTER name DROP NOT NULL; INSERT INTO items (name) VALUES (NULL)`);
      const before = await readStructure(database.executor);
      await expect(adopting({ repair: true })).rejects.toMatchObject({ code: 'ADOPTION_REPAIR_FAILED' });
      expect(await readStructure(database.executor)).toEqual(before);
      expect(await tags()).toEqual([]);
    });

    it('E2, D2: rows of older runners are recorded with their migrations, and their tables stay', async () => {
      await push(database.executor, SCHEMAS[1] ?? {});
      await exec(`CREATE TABLE __manual_migrations (id serial PRIMARY KEY, filename varchar(255) UNIQUE NOT NULL,
          executed_at timestamp DEFAULT now());
        INSERT INTO __manual_migrations (filename) VALUES ('${all()[0]}.sql'), ('${all()[1]}.sql'), ('gone.sql');
        CREATE TABLE _migrations (id text PRIMARY KEY, version integer, description text, applied_at timestamptz);
        INSERT INTO _migrations VALUES ('001_v0', 1, 'First', now())`);
      expect(await adopting()).toMatchObject({
        kind: 'adopted',
        tag: all()[1],
        legacy: { unmatched: [{ source: 'public.__manual_migrations', name: 'gone.sql' }] },
      });
      const kept = await database.executor.query(
        'SELECT name, tag FROM lockstep.legacy_migrations ORDER BY name COLLATE "C"',
      );
      expect(kept).toEqual([
        { name: `${all()[0]}.sql`, tag: all()[0] },
        { name: `${all()[1]}.sql`, tag: all()[1] },
        { name: '001_v0', tag: all()[0] },
        { name: 'gone.sql', tag: null },
      ]);
      expect(await database.executor.query('SELECT id FROM _migrations')).toEqual([{ id: '001_v0' }]);
      expect(await runToHead()).toMatchObject({ kind: 'applied' });
    });

    it('a history that Drizzle applied before it was electrified is adopted by the hashes without what was put in', async () => {
      const [first] = bundle.migrations;
      if (first === undefined) throw new Error('The history has a first migration.');
      const electrified = { migrations: [{ ...first, hash: 'f'.repeat(64), plainHash: first.hash }] };
      await push(database.executor, SCHEMAS[0] ?? {});
      await exec(`CREATE SCHEMA drizzle;
        CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
        INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('${first.hash}', ${first.when})`);
      const refused = await runMigrations(database.executor, electrified, { target });
      expect(refused).toMatchObject({ kind: 'refused', error: { code: 'MIGRATION_EDITED' } });
      expect(await adopt(database.executor, electrified, { target })).toMatchObject({
        kind: 'adopted',
        tag: first.tag,
      });
      expect(await database.executor.query('SELECT hash FROM drizzle.__drizzle_migrations')).toEqual([
        { hash: 'f'.repeat(64) },
      ]);
      expect(await tags()).toEqual([first.tag]);
    });

    it('published failure: after a squash a database in the middle of the squashed range is told, and one at its end goes on (prisma #25358, drizzle #4927)', async () => {
      const squashed = await makeHistory(SCHEMAS.slice(2), 'squashed');
      const [whole, touch] = squashed.migrations.map(({ tag }) => tag);
      const run = () => runMigrations(database.executor, squashed, { target });
      const adoptSquashed = () => adopt(database.executor, squashed, { target, squashed: true });
      const before = (length: number) =>
        runMigrations(database.executor, { migrations: bundle.migrations.slice(0, length) }, { target });

      await before(2);
      await exec(`INSERT INTO items (name) VALUES ('kept')`);
      expect(await run()).toMatchObject({
        kind: 'refused',
        error: { code: 'MIGRATION_AHEAD', remedy: expect.stringContaining('adopt --squashed') },
      });
      expect(await adoptSquashed()).toMatchObject({ kind: 'unadoptable', plan: { kind: 'different' } });
      const found = await inspectAdoption(database.executor, squashed, { target, squashed: true });
      expect(formatAdoption(found)).toContain('in the middle of what was squashed');
      expect(formatAdoption(found)).not.toContain('This repairs it');
      expect(await tags()).toEqual(all().slice(0, 2));

      // The way out: the build before the squash takes it to the end, and there it equals the one file.
      await before(3);
      expect(await adoptSquashed()).toMatchObject({
        kind: 'adopted',
        tag: whole,
        replaced: all().slice(0, 3),
      });
      expect(await run()).toMatchObject({ kind: 'applied', migrations: [{ tag: touch }] });
      expect(await tags()).toEqual([whole, touch]);
      const kept = `SELECT name FROM lockstep.legacy_migrations WHERE source = 'lockstep.migrations' ORDER BY name`;
      expect(await database.executor.query(kept)).toEqual(
        all()
          .slice(0, 3)
          .map((name) => ({ name })),
      );
      expect(await database.executor.query('SELECT name FROM items')).toEqual([{ name: 'kept' }]);

      // One that has what came after the squash as well is no different.
      await database.reset();
      await runToHead();
      expect(await run()).toMatchObject({ kind: 'refused', error: { code: 'MIGRATION_GAP' } });
      expect(await adoptSquashed()).toMatchObject({ kind: 'adopted', tag: touch });
      expect(await run()).toMatchObject({ kind: 'up-to-date' });
      expect(await adoptSquashed()).toEqual({ kind: 'nothing-to-adopt', reason: 'tracked' });
    });

    it("E1: a program adopts on proof only: `adopt: 'exact'`", async () => {
      await push(database.executor, SCHEMAS[1] ?? {});
      await exec('CREATE INDEX mine ON items (name)');
      const refused = await runMigrations(database.executor, bundle, { target, adopt: 'exact' });
      expect(refused).toMatchObject({
        kind: 'unadoptable',
        diff: { unexpected: [{ identity: 'index public.mine' }] },
        error: { code: 'DATABASE_UNADOPTABLE' },
      });
      expect(await tags()).toEqual([]);
      await exec('DROP INDEX mine');
      const adopted = await runMigrations(database.executor, bundle, { target, adopt: 'exact' });
      expect(adopted).toMatchObject({ kind: 'applied', migrations: [{ tag: all()[2] }, { tag: all()[3] }] });
      expect(await tags()).toEqual(all());
    });
  });
}
