import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from '../run/executor/executor.ts';
import { readSqlError } from '../run/sql-error.ts';
import type { TestTarget } from './databases.ts';

/** What the engine relies on, of every executor. */
export function executorConformance(name: string, make: () => Promise<TestTarget>): void {
  describe(`executor: ${name}`, () => {
    let target: TestTarget;
    let executor: Executor;
    const values = async () =>
      (await executor.query<{ value: string }>('SELECT value FROM items ORDER BY value')).map(
        ({ value }) => value,
      );

    beforeAll(async () => {
      target = await make();
      ({ executor } = target);
    });
    beforeEach(async () => {
      await target.reset();
      await executor.exec('CREATE TABLE items (value text PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)');
    });
    afterAll(() => target.close());

    it('answers rows as objects, parameters as text, null as null', async () => {
      const rows = await executor.query(
        `SELECT $1::text::bigint::text AS big, $2::text AS nothing, $3::text::jsonb->>'a' AS a, true AS yes`,
        ['9007199254740993', null, '{"a":"x"}'],
      );
      expect(rows).toEqual([{ big: '9007199254740993', nothing: null, a: 'x', yes: true }]);
    });

    it('runs several statements in exec, and one only in query', async () => {
      await executor.exec("INSERT INTO items VALUES ('a'); INSERT INTO items VALUES ('b')");
      expect(await values()).toEqual(['a', 'b']);
      await expect(executor.query('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: '42601' });
    });

    it('commits when the body resolves, and hands its result on', async () => {
      const result = await executor.transaction(async (tx) => {
        await tx.query('INSERT INTO items VALUES ($1::text)', ['a']);
        return 7;
      });
      expect(result).toBe(7);
      expect(await values()).toEqual(['a']);
    });

    it('rolls back when the body throws, and throws the same error', async () => {
      const failure = new Error('no');
      const attempt = executor.transaction(async (tx) => {
        await tx.exec("INSERT INTO items VALUES ('a'); CREATE TABLE notes (id int)");
        throw failure;
      });
      await expect(attempt).rejects.toBe(failure);
      expect(await values()).toEqual([]);
      await expect(executor.query('SELECT FROM notes')).rejects.toMatchObject({ code: '42P01' });
    });

    it('throws when the body swallowed an error and the commit became a rollback', async () => {
      const attempt = executor.transaction(async (tx) => {
        await tx.exec("INSERT INTO items VALUES ('a')");
        await tx.exec('SELECT nonsense').catch(() => undefined);
      });
      await expect(attempt).rejects.toThrow(/rolled back|aborted/i);
      expect(await values()).toEqual([]);
    });

    it('throws when the commit itself fails, with the SQLSTATE, and goes on working', async () => {
      await expect(
        executor.transaction((tx) => tx.exec("INSERT INTO items VALUES ('a'), ('a')")),
      ).rejects.toMatchObject({ code: '23505' });
      expect(await values()).toEqual([]);
    });

    it('undoes an inner transaction alone', async () => {
      await executor.transaction(async (tx) => {
        await tx.exec("INSERT INTO items VALUES ('outer')");
        await tx.transaction((inner) => inner.exec("INSERT INTO items VALUES ('kept')"));
        await expect(
          tx.transaction((inner) => inner.exec("INSERT INTO items VALUES ('lost'); SELECT nonsense")),
        ).rejects.toMatchObject({ code: '42703' });
      });
      expect(await values()).toEqual(['kept', 'outer']);
    });

    it("keeps others' statements out of an open transaction", async () => {
      let other: Promise<void> | undefined;
      await expect(
        executor.transaction(async (tx) => {
          await tx.exec("INSERT INTO items VALUES ('a')");
          other = executor.exec("INSERT INTO items VALUES ('other')");
          await tx.exec('SELECT 1');
          throw new Error('undo');
        }),
      ).rejects.toThrow('undo');
      await other;
      expect(await values()).toEqual(['other']);
    });

    it('tells where in the statement Postgres found the error', async () => {
      const error: unknown = await executor.exec("SELECT '🙂', nonsense").catch((cause: unknown) => cause);
      expect(readSqlError(error)).toMatchObject({ sqlState: '42703', position: 13 });
    });
  });
}
