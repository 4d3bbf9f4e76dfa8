import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatRunError } from '../run/format-failure.ts';
import { runMigrations } from '../run/run-migrations.ts';
import type { TestTarget } from './databases.ts';
import { sqlBundle } from './sql-bundle.ts';

const BASE = 'CREATE TABLE items (id int PRIMARY KEY, n int); INSERT INTO items VALUES (1, 1)';

/** What a failure tells on every database (C5): where in the file, what Postgres said, what to do. */
export function failureConformance(
  name: string,
  kind: 'server' | 'embedded',
  make: () => Promise<TestTarget>,
): void {
  describe(`a failure on ${name}`, () => {
    let target: TestTarget;
    beforeAll(async () => {
      target = await make();
    });
    beforeEach(() => target.reset());
    afterAll(() => target.close());

    const fail = async (sql: string) => {
      const bundle = await sqlBundle({ '0000_base': BASE, '0001_bad': sql });
      const result = await runMigrations(target.executor, bundle, { target: kind });
      if (result.kind !== 'failed') throw new Error(result.kind);
      // The database as before the migration.
      expect(await target.executor.query('SELECT id, n FROM items')).toEqual([{ id: 1, n: 1 }]);
      expect(await target.executor.query("SELECT FROM pg_class WHERE relname = 'made'")).toHaveLength(0);
      return result.error;
    };

    it('has the place of what Postgres names, in the file', async () => {
      const error = await fail("CREATE TABLE made (id int);\n\n  UPDATE items\n  SET m = 'é🙂', nn = 2");
      expect(error).toMatchObject({
        code: 'MIGRATION_FAILED',
        place: { file: '0001_bad.sql', statement: 2, line: 4, column: 7 },
        details: { tag: '0001_bad', sqlState: '42703', excerpt: "  SET m = 'é🙂', nn = 2\n      ^" },
      });
    });

    it('has the place of the statement where Postgres names none', async () => {
      const error = await fail(
        'CREATE TABLE made (id int);\nINSERT INTO items VALUES (2, 2);\n INSERT INTO items VALUES (1, 7);',
      );
      expect(error).toMatchObject({
        place: { statement: 3, line: 3, column: 2 },
        details: { sqlState: '23505', constraint: 'items_pkey' },
      });
      // The row's values are shown to whoever runs it, and are not in what may be logged.
      expect(JSON.stringify(error.details)).not.toContain('(id)=(1)');
      expect(formatRunError(error)).toBe(
        `MIGRATION_FAILED: ${error.message} (0001_bad.sql:3:2, statement 3)
  | INSERT INTO items VALUES (1, 7)
  | ^
SQLSTATE 23505
Detail: Key (id)=(1) already exists.
There are rows with the same value: tell them apart before.`,
      );
    });

    it('inside a function has the statement of the function, and who called it', async () => {
      const error = await fail(`CREATE FUNCTION made() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE items SET missing = 1;
END $$;
SELECT made();`);
      expect(error).toMatchObject({
        place: { statement: 2, line: 5, column: 1 },
        details: {
          sqlState: '42703',
          inner: 'UPDATE items SET missing = 1\n                 ^',
          where: expect.stringContaining('PL/pgSQL function made() line 3'),
        },
      });
      expect(formatRunError(error)).toContain('In the function:\n  | UPDATE items SET missing = 1\n');
    });

    it('inside a DO block has its line in the file', async () => {
      const error = await fail(`SELECT 1;\nDO $do$
BEGIN
  PERFORM 1;
  RAISE EXCEPTION 'not today' USING HINT = 'try tomorrow';
END $do$;`);
      expect(error).toMatchObject({
        message: expect.stringContaining('not today'),
        place: { statement: 2, line: 5, column: 3 },
        details: { sqlState: 'P0001', hint: 'try tomorrow' },
      });
      expect(error.details.excerpt).toMatch(/^ {2}RAISE EXCEPTION/);
    });

    it('at the commit says so, with the constraint', async () => {
      const error =
        await fail(`CREATE TABLE made (item int CONSTRAINT item_there REFERENCES items DEFERRABLE INITIALLY DEFERRED);
INSERT INTO made VALUES (9);`);
      expect(error).toMatchObject({
        message: expect.stringMatching(/^0001_bad failed when it was to be committed: .*"item_there"/),
        place: { file: '0001_bad.sql' },
        details: { sqlState: '23503', constraint: 'item_there' },
      });
      expect(error.remedy).toMatch(/^A deferred constraint/);
    });

    it('in a later step says which, and the step before it stays', async () => {
      const sql = `CREATE TYPE made_type AS ENUM ('a');
ALTER TABLE items ADD kind made_type;
COMMIT;
ALTER TYPE made_type ADD VALUE 'b';
INSERT INTO items VALUES (1, 1, 'b');`;
      const bundle = await sqlBundle({ '0000_base': BASE, '0001_bad': sql });
      const result = await runMigrations(target.executor, bundle, { target: kind });
      expect(result).toMatchObject({
        kind: 'failed',
        error: { place: { line: 5 }, details: { sqlState: '23505' } },
      });
      const corrected = await sqlBundle({ '0000_base': BASE, '0001_bad': sql.replace('(1, 1,', '(2, 2,') });
      expect(await runMigrations(target.executor, corrected, { target: kind })).toMatchObject({
        kind: 'applied',
      });
      expect(await target.executor.query('SELECT id, kind::text FROM items ORDER BY id')).toEqual([
        { id: 1, kind: null },
        { id: 2, kind: 'b' },
      ]);
    });
  });
}
