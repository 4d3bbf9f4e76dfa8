import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runMigrations } from '../../run/run-migrations.ts';
import { openReplayLab, type ReplayLab } from '../../testing/replay-lab.ts';
import { openPglite, type PgliteConnection } from '../open-pglite.ts';
import { readStructure } from '../structure/index.ts';
import { checkIntegrity, requireIntegrity, tripwire } from './index.ts';

let lab: ReplayLab;
let database: PgliteConnection;
beforeAll(async () => {
  lab = await openReplayLab();
  database = await openPglite(null);
});
afterAll(async () => {
  await lab.close();
  await database.close();
});
beforeEach(async () => {
  await database.executor.exec(`DROP SCHEMA IF EXISTS lockstep CASCADE; DROP SCHEMA IF EXISTS drizzle CASCADE;
    DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public`);
});

describe('C4: damage is found', () => {
  const full = () => checkIntegrity(database.executor, { level: 'full' });
  beforeEach(() =>
    database.executor.exec(`CREATE TABLE items (id int PRIMARY KEY, "group" int, name text);
      CREATE TABLE notes (id int PRIMARY KEY, item int CONSTRAINT of_item REFERENCES items);
      INSERT INTO items SELECT g, g % 7, 'item ' || g FROM generate_series(1, 2000) AS g;
      INSERT INTO notes SELECT g, g FROM generate_series(1, 500) AS g; INSERT INTO notes VALUES (0, NULL)`),
  );

  it('a healthy database has none, and looking leaves nothing behind', async () => {
    const before = await readStructure(database.executor);
    expect(await full()).toEqual({ findings: [], skipped: [] });
    expect(await readStructure(database.executor)).toEqual(before);
    expect(await database.executor.query("SELECT FROM pg_extension WHERE extname = 'amcheck'")).toEqual([]);
  });

  it('a foreign key that does not hold', async () => {
    await database.executor.exec(
      'SET session_replication_role = replica; DELETE FROM items WHERE id <= 3; RESET session_replication_role',
    );
    const report = await full();
    expect(report.findings).toEqual([
      { kind: 'foreign-key', object: 'notes (of_item)', what: '3 rows have no parent' },
    ]);
    expect(() => requireIntegrity(report, 'before')).toThrow(
      /notes \(of_item\): 3 rows have no parent\. Nothing was touched/,
    );
  });

  it('an index that lacks entries of its table', async () => {
    await database.executor.exec(`CREATE FUNCTION weigh(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n';
      CREATE INDEX items_weight ON items (weigh(id));
      CREATE OR REPLACE FUNCTION weigh(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'`);
    const { findings } = await full();
    expect(findings).toMatchObject([
      {
        kind: 'index-storage',
        object: 'items_weight',
        what: expect.stringContaining('lacks matching index tuple'),
      },
    ]);
  });

  it('an index whose build was interrupted, also by a quick look', async () => {
    await database.executor.exec(
      'CREATE INDEX items_group ON items ("group"); UPDATE pg_index SET indisvalid = false WHERE indexrelid = \'items_group\'::regclass',
    );
    const { findings } = await checkIntegrity(database.executor, { level: 'quick' });
    expect(findings).toMatchObject([{ kind: 'invalid-index', object: 'items_group' }]);
  });
});

describe('C4: the tripwire on row counts', () => {
  const TABLES = `CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE items (id int PRIMARY KEY, owner int REFERENCES users ON DELETE CASCADE);
    CREATE SCHEMA app; CREATE TABLE app.notes (id int PRIMARY KEY);
    INSERT INTO users VALUES (1); INSERT INTO items VALUES (1, 1); INSERT INTO app.notes VALUES (1);`;
  const apply = async (sql: string, guards = [tripwire()]) => {
    const migrations = await lab.compile([TABLES, sql]);
    return runMigrations(database.executor, { migrations }, { target: 'embedded', guards });
  };
  const rows = async (table: string) => (await database.executor.query(`SELECT FROM ${table}`)).length;

  it.each([
    [
      'TRUNCATE … CASCADE (Linear 2024-01-24)',
      'CREATE TABLE teams (id int PRIMARY KEY); ALTER TABLE users ADD COLUMN team int REFERENCES teams; TRUNCATE teams CASCADE;',
      'public.items, public.users',
    ],
    ['ON DELETE CASCADE', 'DELETE FROM users;', 'public.items'],
    [
      'a function that is called',
      "CREATE FUNCTION purge() RETURNS void LANGUAGE sql AS 'DELETE FROM app.notes'; SELECT purge();",
      'app.notes',
    ],
    [
      'a trigger',
      "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM app.notes; RETURN NEW; END'; CREATE TRIGGER t AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION t(); UPDATE users SET id = 1;",
      'app.notes',
    ],
  ])(
    'published failure: %s that empties a table which nobody named is rolled back',
    async (_what, sql, tables) => {
      const result = await apply(sql);
      expect(result).toMatchObject({
        kind: 'failed',
        error: { code: 'MIGRATION_EMPTIED_TABLE', details: { tables: tables.split(', ') } },
      });
      expect(await Promise.all(['users', 'items', 'app.notes'].map(rows))).toEqual([1, 1, 1]);
    },
  );

  it('control: without it the rows are gone', async () => {
    expect((await apply('DELETE FROM users;', [])).kind).toBe('applied');
    expect(await rows('items')).toBe(0);
  });

  it.each([
    ['by DELETE', 'DELETE FROM items; DELETE FROM ONLY "users";'],
    ['by TRUNCATE', 'TRUNCATE users, items;'],
    ['by DROP TABLE', 'DROP TABLE items;'],
    ['with its schema', 'DROP SCHEMA app CASCADE;'],
    ['in a DO block', 'DO $$ BEGIN IF true THEN DELETE FROM app.notes; END IF; END $$;'],
    ['after renaming it', 'ALTER TABLE items RENAME TO things; DELETE FROM things;'],
    ['in a CTE', 'WITH gone AS (DELETE FROM items RETURNING id) SELECT count(*) FROM gone;'],
    ['with rows left', 'DELETE FROM users WHERE id = 7;'],
  ])('a table that a migration empties by name is its business: %s', async (_what, sql) => {
    const result = await apply(sql);
    expect(result.kind === 'failed' ? result.error.message : result.kind).toBe('applied');
  });

  it('a table may be given up', async () => {
    const result = await apply('DELETE FROM users;', [tripwire({ mayEmpty: ['public.items'] })]);
    expect(result.kind).toBe('applied');
  });
});
