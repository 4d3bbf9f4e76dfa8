import { defineMigration, type MigrationProgram } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../run/clock.ts';
import type { RunEvent } from '../run/events.ts';
import type { Executor } from '../run/executor/executor.ts';
import { undoProgram } from '../run/program/apply-program.ts';
import { runMigrations } from '../run/run-migrations.ts';
import type { RunOptions } from '../run/run-options.ts';
import { readApplied } from '../run/tracking.ts';
import type { TestTarget } from './databases.ts';
import { programBundle } from './program-bundle.ts';

const ITEMS = 'CREATE TABLE items (region text, id integer, name text, PRIMARY KEY (region, id))';
const ROWS = "INSERT INTO items SELECT 'r' || (n % 3), n, 'Name ' || n FROM generate_series(1, 25) AS n";

class Killed extends Error {}

/** What TypeScript migrations promise on every database. */
export function programConformance(
  name: string,
  kind: 'server' | 'embedded',
  make: () => Promise<TestTarget>,
): void {
  describe(`TypeScript migrations on ${name}`, () => {
    let target: TestTarget;
    const events: RunEvent[] = [];
    beforeAll(async () => {
      target = await make();
    });
    beforeEach(() => target.reset());
    afterAll(() => target.close());

    const run = (
      program: Partial<MigrationProgram>,
      options: Partial<RunOptions<'server' | 'embedded'>> = {},
      executor: Executor = target.executor,
    ) => {
      events.length = 0;
      const whole = defineMigration({
        id: 'names',
        version: '1',
        description: 'A test.',
        up: async () => undefined,
        ...program,
      });
      return runMigrations(executor, programBundle([ITEMS, ROWS], whole), {
        target: kind,
        onEvent: (event) => events.push(event),
        ...options,
      });
    };
    const names = async () => {
      const rows = await target.executor.query<{ name: string }>('SELECT name FROM items ORDER BY id');
      return rows.map((row) => row.name);
    };
    const NEW = Array.from({ length: 25 }, (_, index) => `name ${index + 1}!`);
    const OLD = Array.from({ length: 25 }, (_, index) => `Name ${index + 1}`);
    const SET = "name = lower(name) || '!'";
    const progressRows = async () =>
      target.executor.query("SELECT FROM pg_class WHERE relname = 'program_progress'");

    it('D1: runs in the ordered history with its tracking rows, once', async () => {
      const up: MigrationProgram['up'] = async (db) => {
        expect(db.target).toBe(kind);
        await db.exec('ALTER TABLE items ADD COLUMN size integer; CREATE INDEX items_size ON items (size)');
        const [row] = await db.query<{ count: string }>(
          'SELECT count(*)::text AS count FROM items WHERE id > $1::text::integer',
          ['5'],
        );
        await db.query('UPDATE items SET size = $1::text::integer', [row?.count ?? null]);
      };
      expect(await run({ up })).toMatchObject({ kind: 'applied', version: { tag: '0002_after' } });
      expect(await run({ up })).toMatchObject({ kind: 'up-to-date' });
      expect(await target.executor.query('SELECT DISTINCT size FROM items')).toEqual([{ size: 20 }]);
      expect(await target.executor.query('SELECT FROM drizzle.__drizzle_migrations')).toHaveLength(3);
      expect((await readApplied(target.executor)).migrations.map(({ tag }) => tag)).toEqual([
        '0000_items',
        '0001_names',
        '0002_after',
      ]);
    });

    it('published failure: killed between the DDL and the bookkeeping, nothing of it is there (daintree #7100)', async () => {
      const up: MigrationProgram['up'] = (db) => db.exec('ALTER TABLE items ADD COLUMN size integer');
      const alongside = async (_tx: Executor, { tag }: { tag: string }) => {
        if (tag === '0001_names') throw new Killed();
      };
      expect(await run({ up }, { alongside })).toMatchObject({
        kind: 'failed',
        version: { tag: '0000_items' },
      });
      expect(await run({ up })).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_names' }, {}] });
    });

    it('C5: a failing program names its module, the SQL with a caret, SQLSTATE, and leaves nothing', async () => {
      const result = await run({
        async up(db) {
          await db.exec('CREATE TABLE notes (id integer)');
          await db.query('SELECT *\nFROM nowhere');
        },
      });
      expect(result).toMatchObject({
        kind: 'failed',
        error: {
          code: 'MIGRATION_FAILED',
          message: expect.stringContaining('0001_names failed: relation "nowhere" does not exist'),
          place: { file: '0001_names.ts' },
          details: { sqlState: '42P01', excerpt: 'FROM nowhere\n     ^' },
        },
      });
      expect(await target.executor.query("SELECT FROM pg_class WHERE relname = 'notes'")).toHaveLength(0);
    });

    it.each(['COMMIT', 'rollback; SELECT 1', 'BEGIN', "PREPARE TRANSACTION 'x'"])(
      'a program that says %s is refused: the record would part from the work',
      async (sql) => {
        expect(await run({ up: (db) => db.exec(sql) })).toMatchObject({
          kind: 'failed',
          error: { code: 'PROGRAM_INVALID', place: { file: '0001_names.ts' } },
        });
      },
    );

    it('a promise that the program forgot to await does not run in the next migration', async () => {
      let late: Promise<unknown> = Promise.resolve();
      await run({
        up: async (db) => {
          late = new Promise((resolve) => setTimeout(resolve, 50)).then(() => db.exec('DROP TABLE items'));
          late.catch(() => undefined);
        },
      });
      await expect(late).rejects.toMatchObject({ code: 'PROGRAM_INVALID' });
      expect(await names()).toHaveLength(25);
    });

    it('a bundle that is data is refused before anything runs', async () => {
      const { migrations } = programBundle([ITEMS, ROWS], null);
      const result = await runMigrations(target.executor, { migrations }, { target: kind });
      expect(result).toMatchObject({
        kind: 'refused',
        error: { code: 'PROGRAM_MISSING', details: { tags: ['0001_names'] } },
        migrations: [{ outcome: 'not-run' }, { outcome: 'not-run' }, { outcome: 'not-run' }],
      });
      expect(await target.executor.query("SELECT FROM pg_class WHERE relname = 'items'")).toHaveLength(0);
    });

    describe('D5: backfills', () => {
      it('go through a composite key in batches, each row once, with progress', async () => {
        const seen: unknown[] = [];
        const batches: number[] = [];
        const up: MigrationProgram['up'] = async (db) => {
          const result = await db.backfill({
            table: 'public.items',
            batchSize: 10,
            set: SET,
            onProgress: (progress) => seen.push(progress),
          });
          expect(result).toEqual({ rows: 25 });
          await db.backfill({
            table: 'items',
            name: 'again',
            where: "region = 'r1' -- of one region",
            batchSize: 4,
            each: async (rows, tx) => {
              batches.push(rows.length);
              expect(rows[0]).not.toHaveProperty('lockstep:key');
              for (const row of rows as readonly { id: number }[]) {
                await tx.query('UPDATE items SET name = name || $2::text WHERE id = $1::text::integer', [
                  String(row.id),
                  '',
                ]);
              }
            },
          });
        };
        expect(await run({ up })).toMatchObject({ kind: 'applied' });
        expect(await names()).toEqual(NEW);
        expect(seen).toEqual([10, 20, 25, 25].map((rows) => ({ rows, of: 25 })));
        expect(batches).toEqual([4, 4, 1]);
        expect(events.filter((event) => event.kind === 'backfill').at(-1)).toMatchObject({
          part: 'again',
          rows: 9,
          of: 9,
        });
        expect(await progressRows()).toHaveLength(0);
      });

      it.each([1, 2, 3, 4, 5, 6])(
        'published failure: interrupted after %i transactions, resumes where it stopped, nothing done twice',
        async (survives) => {
          let steps = 0;
          const program: Partial<MigrationProgram> = {
            transaction: 'steps',
            async up(db) {
              await db.step('column', async (tx) => {
                steps += 1;
                await tx.exec('ALTER TABLE items ADD COLUMN size integer');
              });
              await db.backfill({ table: 'items', batchSize: 10, set: SET });
              await db.step('done', (tx) => tx.exec('ALTER TABLE items ALTER COLUMN name SET NOT NULL'));
            },
          };
          // The migrations before it are no part of what is counted.
          await runMigrations(
            target.executor,
            { migrations: programBundle([ITEMS, ROWS], null).migrations.slice(0, 1) },
            { target: kind },
          );
          const killed = await run(program, {}, dyingAfter(target.executor, survives));
          expect(killed).toMatchObject({ kind: 'failed', version: { tag: '0000_items' } });
          expect((await readApplied(target.executor)).migrations).toMatchObject([
            { step: null },
            { tag: '0001_names', step: 1 },
          ]);
          const half = (await names()).filter((text) => text.endsWith('!')).length;
          expect(half).toBe([0, 0, 0, 10, 20, 25, 25][survives]);

          const before: number[] = [];
          expect(
            await run({
              ...program,
              up: async (db) => {
                await program.up?.({
                  ...db,
                  backfill: (options) =>
                    db.backfill({ ...options, onProgress: ({ rows }) => before.push(rows) }),
                });
              },
            }),
          ).toMatchObject({ kind: 'applied', migrations: [{ tag: '0001_names' }, { tag: '0002_after' }] });
          expect(await names()).toEqual(NEW);
          expect(steps).toBe(survives < 2 ? 2 : 1);
          // It counts on from where the killed run was.
          expect(before.every((rows) => rows >= half)).toBe(true);
          expect(await target.executor.query('SELECT FROM lockstep.program_progress')).toHaveLength(0);
        },
      );

      it('control: without its record in the same transaction, an interrupted backfill does rows twice', async () => {
        const program: Partial<MigrationProgram> = {
          transaction: 'steps',
          up: async (db) => void (await db.backfill({ table: 'items', batchSize: 10, set: SET })),
        };
        const forgetful: Executor = {
          ...target.executor,
          transaction: (body) =>
            target.executor.transaction((tx) =>
              body({
                ...tx,
                query: (sql, params) =>
                  sql.includes('INSERT INTO lockstep.program_progress')
                    ? Promise.resolve([])
                    : tx.query(sql, params),
              }),
            ),
        };
        await run({}, {}, target.executor).catch(() => undefined);
        await target.reset();
        await runMigrations(
          target.executor,
          { migrations: programBundle([ITEMS, ROWS], null).migrations.slice(0, 1) },
          { target: kind },
        );
        await run(program, {}, dyingAfter(forgetful, 3));
        await run(program);
        expect((await names()).some((text) => text.endsWith('!!'))).toBe(true);
      });

      it('rest between batches where they are told to, by the clock of the run', async () => {
        const rests: number[] = [];
        const clock = { ...systemClock, sleep: async (ms: number) => void rests.push(ms) };
        const up: MigrationProgram['up'] = async (db) =>
          void (await db.backfill({ table: 'items', batchSize: 10, set: SET, throttleMs: 40 }));
        await run({ transaction: 'steps', up }, { clock });
        expect(rests).toEqual([40, 40, 40]);
        expect(await names()).toEqual(NEW);
      });

      it('outside of steps the database is read only', async () => {
        const failed = { kind: 'failed' };
        const steps = { transaction: 'steps' as const };
        expect(await run({ ...steps, up: (db) => db.exec('DELETE FROM items') })).toMatchObject({
          ...failed,
          error: { code: 'PROGRAM_INVALID', remedy: expect.stringContaining('db.step') },
        });
        expect(
          await run({ ...steps, up: async (db) => void (await db.query("UPDATE items SET name = ''")) }),
        ).toMatchObject({ ...failed, error: { details: { sqlState: '25006' } } });
        expect(await names()).toEqual(OLD);
      });

      it('the same name twice, a table without a key, a table that is not there: each is named', async () => {
        const steps = { transaction: 'steps' as const };
        const twice: MigrationProgram['up'] = async (db) => {
          await db.backfill({ table: 'items', set: SET });
          await db.backfill({ table: 'items', set: SET });
        };
        expect(await run({ ...steps, up: twice })).toMatchObject({
          error: {
            code: 'PROGRAM_INVALID',
            message: expect.stringContaining('items'),
            place: { file: '0001_names.ts' },
          },
        });
        const keyless: MigrationProgram['up'] = async (db) => {
          await db.exec('CREATE TABLE notes (id integer)');
          await db.backfill({ table: 'notes', set: 'id = 1' });
        };
        expect(await run({ up: keyless })).toMatchObject({ error: { code: 'PROGRAM_INVALID' } });
        const absent: MigrationProgram['up'] = async (db) =>
          void (await db.backfill({ table: 'nowhere', set: 'x = 1' }));
        expect(await run({ up: absent })).toMatchObject({ error: { code: 'PROGRAM_INVALID' } });
      });
    });

    it('D1: down() undoes it in the transaction of the caller', async () => {
      const program: MigrationProgram = defineMigration({
        id: 'names',
        version: '1',
        description: 'A test.',
        up: (db) => db.exec('ALTER TABLE items ADD COLUMN size integer'),
        down: (db) => db.exec('ALTER TABLE items DROP COLUMN size'),
      });
      await run(program);
      const migration = programBundle([ITEMS, ROWS], program).migrations[1];
      if (migration === undefined) throw new Error('unreachable');
      await target.executor.transaction((tx) => undoProgram(tx, migration, program, kind));
      expect(
        await target.executor.query(
          "SELECT FROM pg_attribute WHERE attrelid = 'items'::regclass AND attname = 'size'",
        ),
      ).toHaveLength(0);
      await expect(
        target.executor.transaction((tx) => undoProgram(tx, migration, program, kind)),
      ).rejects.toMatchObject({ code: 'MIGRATION_FAILED', place: { file: '0001_names.ts' } });
    });
  });
}

/** A process that is killed at the commit of the transaction after `survives` others: that one is rolled back. */
function dyingAfter(executor: Executor, survives: number): Executor {
  let left = survives;
  return {
    ...executor,
    transaction: (body) =>
      executor.transaction(async (tx) => {
        let isCounted = false;
        const result = await body({
          ...tx,
          query: (sql, params) => {
            if (/INSERT INTO lockstep\.|DELETE FROM lockstep\./.test(sql)) isCounted = true;
            return tx.query(sql, params);
          },
        });
        if (isCounted) left -= 1;
        if (left < 0) throw new Killed();
        return result;
      }),
  };
}
