import { createTestDatabase } from '@lockstep/local-postgres';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effectsOf } from '../../author/lint/effects/effects.ts';
import { applyStatement } from '../../author/lint/schema/apply.ts';
import { emptySchema } from '../../author/lint/schema/schema.ts';
import { postgresExecutor } from '../../run/executor/postgres.ts';
import { classifyFile } from '../../sql/classify.ts';
import { loadParser, type Parser } from '../../sql/parser.ts';
import { connect } from '../../testing/connect.ts';
import { estimate } from './estimate.ts';
import { findLockHolders, measureTables } from './measure.ts';

const SETUP = 'CREATE TABLE items (id integer PRIMARY KEY, name text, note text);';

let parser: Parser;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let client: pg.Client;
beforeAll(async () => {
  parser = await loadParser();
  database = await createTestDatabase('plan');
  client = await connect(database.url);
  await client.query(SETUP);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const bytesWritten = async (sql: string) => {
  // A first write of a page after a checkpoint logs the whole page: not what is estimated.
  const { rows } = await client.query<{ at: string }>('SELECT pg_current_wal_insert_lsn()::text AS at');
  await client.query(sql);
  const { rows: after } = await client.query<{ bytes: string }>(
    'SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)::text AS bytes',
    [rows[0]?.at],
  );
  return Number(after[0]?.bytes);
};

test.each([
  ['ALTER TABLE items ALTER COLUMN id TYPE bigint', false],
  ['ALTER TABLE items ALTER COLUMN id TYPE bigint', true],
  ["UPDATE items SET name = 'y' || id", false],
  ["UPDATE items SET name = 'y' || id", true],
  ['DELETE FROM items', true],
  ['CREATE INDEX items_name ON items (name)', false],
])(
  'what is estimated for %s (full replica identity: %s) is of the order that Postgres writes',
  async (sql, isFull) => {
    await client.query(`DROP TABLE items; ${SETUP}
    INSERT INTO items SELECT n, 'x' || n, repeat('y', 200) FROM generate_series(1, 20000) n`);
    await client.query(`ALTER TABLE items REPLICA IDENTITY ${isFull ? 'FULL' : 'DEFAULT'}`);
    const executor = postgresExecutor(client);
    const size = (await measureTables(executor, ['public.items'])).get('public.items');
    const schema = emptySchema();
    for (const statement of classifyFile(parser, SETUP, 'x')) applyStatement(schema, statement, 'x');
    const [statement] = classifyFile(parser, sql, 'x');
    const [effect] = statement === undefined ? [] : effectsOf(schema, statement, { isUtc: true });
    if (size === undefined || effect === undefined) throw new Error('nothing measured');
    expect(size).toMatchObject({ rows: 20_000, isExact: true, hasFullReplicaIdentity: isFull });
    const writes = sql.startsWith('UPDATE') ? 'update' : sql.startsWith('DELETE') ? 'delete' : null;
    const told = estimate(effect, size, writes).walBytes;
    const written = await bytesWritten(sql);
    expect(told / written).toBeGreaterThan(0.4);
    expect(told / written).toBeLessThan(2.5);
  },
);

test('B12: who holds a lock that an ALTER would wait for is told, without their SQL', async () => {
  const other = await connect(
    `${database.url}${database.url.includes('?') ? '&' : '?'}application_name=report`,
  );
  try {
    await other.query('BEGIN');
    await other.query('SELECT count(*) FROM items');
    const holders = await findLockHolders(postgresExecutor(client), ['public.items', 'public.other']);
    expect(holders).toEqual([
      {
        relation: 'public.items',
        lock: 'ACCESS SHARE',
        processId: expect.any(Number),
        application: 'report',
        state: 'idle in transaction',
        seconds: expect.any(Number),
      },
    ]);
  } finally {
    await other.end();
  }
});

test('a relation that is not there has no size', async () => {
  expect((await measureTables(postgresExecutor(client), ['public."odd', 'public.gone'])).size).toBe(0);
});
