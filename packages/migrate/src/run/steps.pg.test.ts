import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../testing/connect.ts';
import { openPostgres, type TestTarget } from '../testing/databases.ts';
import { sqlBundle } from '../testing/sql-bundle.ts';
import { systemClock } from './clock.ts';
import type { Executor } from './executor/executor.ts';
import { formatRunError } from './format-failure.ts';
import { runMigrations } from './run-migrations.ts';
import type { RunOptions } from './run-options.ts';
import { settleInterrupted } from './settle-interrupted.ts';
import { getAppliedMigrations, readApplied } from './tracking.ts';

let target: TestTarget;
beforeAll(async () => {
  target = await openPostgres();
});
beforeEach(() => target.reset());
afterAll(() => target.close());

const BASE = { '0000_base': 'CREATE TABLE items (id int, n int); INSERT INTO items VALUES (1, 1), (2, 2)' };

async function migrate(
  files: Readonly<Record<string, string>>,
  executor: Executor = target.executor,
  more: Partial<RunOptions<'server'>> = {},
) {
  return runMigrations(executor, await sqlBundle({ ...BASE, ...files }), {
    target: 'server',
    lease: { pollMs: 20 },
    ...more,
  });
}
const indexes = async () =>
  target.executor.query(
    `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
const rowOf = async (tag: string) =>
  (await readApplied(target.executor)).migrations.find((row) => row.tag === tag);

/** The connection is lost at the statement outside of transactions: before it, behind it, or in its middle. */
function losing(at: 'before' | 'after' | ((executor: Executor) => Promise<void>)): Executor {
  const { executor } = target;
  let isLost = false;
  return {
    ...executor,
    async exec(sql) {
      if (isLost || !sql.startsWith('/* lockstep lease')) return executor.exec(sql);
      isLost = true;
      if (at !== 'before') await executor.exec(sql);
      if (typeof at === 'function') await at(executor);
      throw new Error('Connection terminated unexpectedly');
    },
  };
}
const invalidate = (index: string) => (executor: Executor) =>
  executor.exec(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${index}'::regclass`);

const INDEX = { '0001_index': 'CREATE INDEX CONCURRENTLY items_n ON items (n)' };

describe('C6: a statement outside of transactions that was interrupted', () => {
  it.each([
    ['before it began', 'before' as const],
    ['behind its end', 'after' as const],
    ['with an invalid index left behind', invalidate('items_n')],
  ])('CREATE INDEX CONCURRENTLY %s ends in one valid index', async (_, at) => {
    expect(await migrate(INDEX, losing(at))).toMatchObject({ kind: 'failed', version: { tag: '0000_base' } });
    expect(await rowOf('0001_index')).toMatchObject({ step: 0, begun: { attempt: { statement: 1 } } });
    expect(await migrate(INDEX)).toMatchObject({ kind: 'applied', version: { tag: '0001_index' } });
    expect(await indexes()).toEqual([{ name: 'items_n', valid: true }]);
    expect(await migrate(INDEX)).toMatchObject({ kind: 'up-to-date' });
  });

  it.each(['after' as const, invalidate('items_n_idx')])(
    'also where Postgres chooses the name, and another index has the columns',
    async (at) => {
      const files = {
        '0001_own': 'CREATE INDEX items_other ON items (n)',
        '0002_index': 'CREATE INDEX CONCURRENTLY ON items (n)',
      };
      expect(await migrate(files, losing(at))).toMatchObject({ kind: 'failed' });
      expect(await migrate(files)).toMatchObject({ kind: 'applied' });
      expect(await indexes()).toEqual([
        { name: 'items_n_idx', valid: true },
        { name: 'items_other', valid: true },
      ]);
    },
  );

  it.each(['before', 'after'] as const)('DROP INDEX CONCURRENTLY, %s', async (at) => {
    const files = {
      '0001_a': 'CREATE INDEX items_n ON items (n)',
      '0002_b': 'DROP INDEX CONCURRENTLY items_n',
    };
    expect(await migrate(files, losing(at))).toMatchObject({ kind: 'failed' });
    expect(await migrate(files)).toMatchObject({ kind: 'applied' });
    expect(await indexes()).toEqual([]);
  });

  it('REINDEX CONCURRENTLY leaves no _ccnew, and somebody else’s stays', async () => {
    const files = {
      '0001_a': 'CREATE INDEX items_n ON items (n); CREATE INDEX old_ccnew ON items (n)',
      '0002_b': 'REINDEX TABLE CONCURRENTLY items',
    };
    await migrate({ '0001_a': files['0001_a'] });
    await invalidate('old_ccnew')(target.executor);
    const leave = async (executor: Executor) => {
      await executor.exec('CREATE INDEX items_n_ccnew ON items (n)');
      await invalidate('items_n_ccnew')(executor);
    };
    expect(await migrate(files, losing(leave))).toMatchObject({ kind: 'failed' });
    expect(await migrate(files)).toMatchObject({ kind: 'applied' });
    expect(await indexes()).toEqual([
      { name: 'items_n', valid: true },
      { name: 'old_ccnew', valid: false },
    ]);
  });

  it('VACUUM is simply run again', async () => {
    const files = { '0001_vacuum': 'VACUUM items' };
    expect(await migrate(files, losing('after'))).toMatchObject({ kind: 'failed' });
    expect(await migrate(files)).toMatchObject({ kind: 'applied' });
  });

  it.each(['before', 'after'] as const)('DETACH PARTITION CONCURRENTLY, %s', async (at) => {
    const files = {
      '0001_a':
        'CREATE TABLE p (n int) PARTITION BY LIST (n); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)',
      '0002_b': 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY',
    };
    expect(await migrate(files, losing(at))).toMatchObject({ kind: 'failed' });
    expect(await migrate(files)).toMatchObject({ kind: 'applied' });
    expect(await target.executor.query('SELECT FROM pg_inherits')).toEqual([]);
  });

  it('DETACH PARTITION CONCURRENTLY that was cancelled in its second half is finished', async () => {
    const files = {
      '0001_a':
        'CREATE TABLE p (n int) PARTITION BY LIST (n); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)',
      '0002_b': 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY',
    };
    await migrate({ '0001_a': files['0001_a'] });
    const reader = await connect(target.url ?? '');
    await reader.query('BEGIN; SELECT * FROM p');
    const running = migrate(files);
    // Not on the reader's connection: a transaction sees the activity as it was when it first looked.
    const other = await connect(target.url ?? '');
    await vi.waitFor(async () => {
      const { rowCount } = await other.query(
        `SELECT pg_cancel_backend(a.pid) FROM pg_inherits, pg_stat_activity AS a
         WHERE inhdetachpending AND starts_with(a.query, '/* lockstep lease') AND a.wait_event_type = 'Lock'`,
      );
      expect(rowCount).toBe(1);
    });
    await other.end();
    expect(await running).toMatchObject({ kind: 'failed', error: { details: { sqlState: '57014' } } });
    await reader.end();
    expect(await target.executor.query('SELECT FROM pg_inherits WHERE inhdetachpending')).toHaveLength(1);
    expect(await migrate(files)).toMatchObject({ kind: 'applied' });
    expect(await target.executor.query('SELECT FROM pg_inherits')).toEqual([]);
  });

  it('what cannot be known is said, and goes on when somebody has looked', async () => {
    const name = `made_${Date.now()}`;
    const files = { '0001_db': `CREATE DATABASE ${name}` };
    expect(await migrate(files, losing('after'))).toMatchObject({ kind: 'failed' });
    expect(await migrate(files)).toMatchObject({
      kind: 'failed',
      error: {
        code: 'MIGRATION_INTERRUPTED',
        message: expect.stringContaining(`CREATE DATABASE ${name}`),
        place: { file: '0001_db.sql', statement: 1, line: 1, column: 1 },
      },
    });
    expect(await settleInterrupted(target.executor, '0001_db', 'done')).toBe(true);
    expect(await settleInterrupted(target.executor, '0001_db', 'done')).toBe(false);
    expect(await migrate(files)).toMatchObject({ kind: 'applied' });
    await target.executor.exec(`DROP DATABASE ${name}`);
  });
});

describe('a statement outside of transactions that fails', () => {
  const UNIQUE = { '0001_unique': 'CREATE UNIQUE INDEX CONCURRENTLY items_n ON items (n)' };

  it('published failure: failing unique CONCURRENTLY leaves an invalid index (drizzle-orm #860)', async () => {
    await migrate({});
    await target.executor.exec('UPDATE items SET n = 1');
    expect(await migrate(UNIQUE)).toMatchObject({
      kind: 'failed',
      error: { details: { sqlState: '23505' }, place: { statement: 1, line: 1, column: 1 } },
    });
    expect(await indexes()).toEqual([]);
    expect(await rowOf('0001_unique')).toBeUndefined();
    await target.executor.exec('UPDATE items SET n = id');
    expect(await migrate(UNIQUE)).toMatchObject({ kind: 'applied' });
    expect(await indexes()).toEqual([{ name: 'items_n', valid: true }]);
  });

  it('published failure: a retry with IF NOT EXISTS keeps an invalid index (drizzle-orm #860)', async () => {
    await migrate({});
    await target.executor.exec('CREATE INDEX items_n ON items (n)');
    await invalidate('items_n')(target.executor);
    const files = { '0001_index': 'CREATE INDEX CONCURRENTLY IF NOT EXISTS items_n ON items (n)' };
    expect(await migrate(files)).toMatchObject({ kind: 'applied' });
    expect(await indexes()).toEqual([{ name: 'items_n', valid: true }]);
    expect(await migrate({ ...files, '0002_again': files['0001_index'] })).toMatchObject({ kind: 'applied' });
  });

  it('names the position in the file, not in what was sent', async () => {
    const files = { '0001_index': 'SELECT 1;\n  CREATE INDEX CONCURRENTLY items_m ON items (m)' };
    const result = await migrate(files);
    expect(result).toMatchObject({ kind: 'failed', error: { place: { statement: 2, line: 2, column: 3 } } });
  });
});

describe('a migration that failed in a later step', () => {
  const FILE = `CREATE TABLE notes (id int);
CREATE INDEX CONCURRENTLY notes_id ON notes (id);
INSERT INTO missing VALUES (1)`;

  it('goes on with a corrected file, and keeps what was done', async () => {
    expect(await migrate({ '0001_notes': FILE })).toMatchObject({
      kind: 'failed',
      error: { place: { statement: 3 } },
    });
    expect(await rowOf('0001_notes')).toMatchObject({ step: 2 });
    const corrected = FILE.replace('missing', 'notes');
    expect(await migrate({ '0001_notes': corrected })).toMatchObject({ kind: 'applied' });
    expect(await target.executor.query('SELECT id FROM notes')).toEqual([{ id: 1 }]);
    const { migrations } = await sqlBundle({ ...BASE, '0001_notes': corrected });
    expect(await getAppliedMigrations(target.executor)).toMatchObject(
      migrations.map(({ tag, hash, chain }) => ({ tag, hash, chain })),
    );
    expect(await migrate({ '0001_notes': corrected })).toMatchObject({ kind: 'up-to-date' });
    const drizzles = await target.executor.query('SELECT hash FROM drizzle.__drizzle_migrations ORDER BY id');
    expect(drizzles).toEqual(migrations.map(({ hash }) => ({ hash })));
  });

  it('refuses a file in which a statement that was run is another one now', async () => {
    await migrate({ '0001_notes': FILE });
    const changed = FILE.replace('notes_id ON', 'notes_by_id ON').replace('missing', 'notes');
    const result = await migrate({ '0001_notes': changed });
    expect(result).toMatchObject({
      kind: 'refused',
      error: { code: 'MIGRATION_EDITED', place: { file: '0001_notes.sql', statement: 2 } },
    });
  });
});

describe('settings', () => {
  const settings = () =>
    target.executor.query(
      "SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'lockstep%' AND name !~ '^(transaction_|plpgsql)' ORDER BY 1",
    );

  it.each([
    ['applied', 'SELECT 1'],
    ['failed', 'SELECT 1 FROM missing'],
  ])('are after a run that %s what they were before', async (kind, last) => {
    const before = await settings();
    const files = {
      '0001_set': `SET search_path = pg_catalog; SET work_mem = '8MB'; CREATE TABLE public.a ();
        DO $$ BEGIN PERFORM set_config('timezone', 'Asia/Tokyo', false); SET client_min_messages = error; END $$;
        SELECT pg_catalog.set_config('search_path', '', false);`,
      '0002_plain': `CREATE TABLE b (); INSERT INTO items VALUES (3); ${last}`,
      '0003_alone': `SET maintenance_work_mem = '32MB'; CREATE INDEX CONCURRENTLY items_n ON items (n)`,
      '0004_end': `SET statement_timeout = '1h'; VACUUM items; ${last}`,
    };
    expect(await migrate(files)).toMatchObject({ kind });
    expect(await settings()).toEqual(before);
  });

  it('hold for a statement outside of transactions', async () => {
    await migrate({});
    const seen: unknown[] = [];
    const { executor } = target;
    const watching: Executor = {
      ...executor,
      async exec(sql) {
        if (sql.startsWith('/* lockstep lease'))
          seen.push(...(await executor.query('SHOW maintenance_work_mem')));
        await executor.exec(sql);
      },
    };
    const files = {
      '0001_a': `SET maintenance_work_mem = '32MB'; CREATE INDEX CONCURRENTLY items_n ON items (n)`,
    };
    expect(await migrate(files, watching)).toMatchObject({ kind: 'applied' });
    expect(seen).toEqual([{ maintenance_work_mem: '32MB' }]);
  });
});

it('a new enum value is used in the next step, and a failure there leaves the first', async () => {
  const files = {
    '0001_type': "CREATE TYPE level AS ENUM ('low'); ALTER TABLE items ADD level level DEFAULT 'low'",
    '0002_value':
      "ALTER TYPE level ADD VALUE 'top'; UPDATE items SET level = 'top'; ALTER TABLE items ALTER level SET DEFAULT 'top'",
  };
  expect(await migrate(files)).toMatchObject({ kind: 'applied' });
  expect(await target.executor.query('SELECT DISTINCT level::text FROM items')).toEqual([{ level: 'top' }]);
});

it('B12: a lock that a statement outside of transactions does not get is tried again, with nothing left behind', async () => {
  await migrate({});
  const reader = await connect(target.url ?? '');
  await reader.query('BEGIN; LOCK TABLE items IN ROW EXCLUSIVE MODE');
  const files = { '0001_index': `SET lock_timeout = '50ms'; CREATE INDEX CONCURRENTLY items_n ON items (n)` };
  const result = await migrate(files, target.executor, {
    clock: { ...systemClock, random: () => 0 },
    onEvent(event) {
      if (event.kind === 'retrying') void reader.query('COMMIT');
    },
  });
  await reader.end();
  expect(result).toMatchObject({ kind: 'applied' });
  expect(await indexes()).toEqual([{ name: 'items_n', valid: true }]);
});

describe('C5: an error for a terminal', () => {
  it('published failure: message names file, statement number, SQLSTATE (drizzle-kit #3410, #5601)', async () => {
    const result = await migrate({
      '0001_bad': 'SELECT 1;\nALTER TABLE items\n  ADD CONSTRAINT c CHECK (nn > 0)',
    });
    expect(result.kind === 'failed' ? formatRunError(result.error) : '').toBe(
      `MIGRATION_FAILED: 0001_bad failed at statement 2: column "nn" does not exist (0001_bad.sql:2:1, statement 2)
  | ALTER TABLE items
  | ^
SQLSTATE 42703
Hint: Perhaps you meant to reference the column "items.n".
Correct the SQL or the data it stumbled over, and run again.`,
    );
  });
});
