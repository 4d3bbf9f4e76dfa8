import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSyncClient } from './client.ts';
import type { ErrorReport, LocalDatabase, SyncSettings } from './contract.ts';
import { openInProcess } from './in-process.ts';
import { seededRandom, withFaults } from './testing/faults.ts';
import { makeHistory, makeTable } from './testing/history.ts';
import { type RealServer, startRealServer } from './testing/real-server.ts';

const TYPES = [
  ['small', 'smallint'],
  ['big', 'bigint'],
  ['amount', 'numeric'],
  ['money', 'numeric(10,2)'],
  ['real', 'real'],
  ['double', 'double precision'],
  ['flag', 'boolean'],
  ['words', 'text'],
  ['short', 'character varying(20)'],
  ['padded', 'character(6)'],
  ['day', 'date'],
  ['moment', 'timestamp with time zone'],
  ['local_moment', 'timestamp(3) without time zone'],
  ['clock', 'time without time zone'],
  ['span', 'interval'],
  ['bytes', 'bytea'],
  ['document', 'json'],
  ['binary_document', 'jsonb'],
  ['list', 'text[]'],
  ['numbers', 'integer[]'],
  ['mood', 'mood'],
  ['moods', 'mood[]'],
  ['network', 'inet'],
  ['range', 'int4range'],
  ['point', 'point'],
] as const;

const EVERYTHING = [
  'id uuid key',
  ...TYPES.map(([name, type]) => `${name} ${type.replaceAll(' ', '_')} null`),
];
const ITEMS = ['id integer key', 'title text null'];
const HISTORY = makeHistory([
  {
    tag: '0000_start',
    statements: [
      `CREATE TYPE mood AS ENUM ('fine', 'it''s ok', 'Not "good"')`,
      `CREATE TABLE everything (id uuid PRIMARY KEY, ${TYPES.map(([name, type]) => `${name} ${type}`).join(', ')})`,
      'CREATE TABLE items (id integer PRIMARY KEY, title text)',
    ],
    footprint: [
      { kind: 'create-table', table: 'everything' },
      { kind: 'create-table', table: 'items' },
    ],
    tables: [makeTable('everything', EVERYTHING), makeTable('items', ITEMS)],
  },
  {
    tag: '0001_price',
    statements: ['ALTER TABLE items ADD COLUMN price numeric DEFAULT 7'],
    footprint: [{ kind: 'add-column', table: 'items', column: 'price', rowsDiffer: false }],
    tables: [makeTable('everything', EVERYTHING), makeTable('items', [...ITEMS, 'price numeric null'])],
    summary: ['Items have a price now.'],
  },
  {
    tag: '0002_rename',
    statements: ['ALTER TABLE items RENAME COLUMN title TO name'],
    footprint: [{ kind: 'rename-column', table: 'items', column: 'title', to: 'name' }],
    tables: [
      makeTable('everything', EVERYTHING),
      makeTable('items', ['id integer key', 'name text null', 'price numeric null']),
    ],
  },
]);

let server: RealServer;
let local: LocalDatabase | null = null;
let errors: ErrorReport[] = [];

beforeAll(async () => {
  server = await startRealServer({
    everything: { table: 'everything', audience: 'viewer', rows: () => null },
    items: { table: 'items', audience: 'viewer', rows: () => ({ sql: 'id > $1', params: ['0'] }) },
  });
  await server.deploy(HISTORY[0] as (typeof HISTORY)[0]);
  await server.database.query(`INSERT INTO items SELECT n, 'title ' || n FROM generate_series(-5, 200) AS n`);
});
afterAll(() => server.close());
afterEach(async () => {
  await local?.close();
  local = null;
});

/** Values that have got lost or changed on some way through JSON. */
const NASTY: Record<string, readonly string[]> = {
  small: ['-32768'],
  big: ['9223372036854775807', '-9007199254740993'],
  amount: ['1.10', '123456789012345678901234567890.123456789', 'NaN', 'Infinity', '-0.000'],
  money: ['0.10'],
  real: ['0.1', '-0', 'NaN', '1e-40'],
  double: ['0.1', '-Infinity', '1.7976931348623157e+308', '5e-324'],
  flag: ['true', 'false'],
  words: [
    '',
    ' ',
    '\\N',
    '\\.',
    'a\tb\nc\rd',
    '"quoted" \\ {x,NULL}',
    '\u0001\u001f\u007f',
    'ü😀\u2028',
    'NULL',
    'null',
  ],
  short: ["it's", ''],
  padded: ['ab', ''],
  day: ['infinity', '0044-03-15 BC', '9999-12-31'],
  moment: ['2024-02-29 12:34:56.789012+05', '-infinity', '0001-01-01 00:00:00+00'],
  local_moment: ['2024-02-29 12:34:56.789'],
  clock: ['23:59:59.999999', '24:00:00'],
  span: ['1 year 2 mons -3 days 04:05:06.789', '-00:00:01'],
  bytes: ['\\x', '\\x00ff5c'],
  document: ['null', '{"a": 1.10,  "a": 12345678901234567890}', '"text"', '[]'],
  binary_document: ['null', '{"n": 1.10, "big": 12345678901234567890}', '"a\\u0001b"', 'true'],
  list: [
    '{}',
    '{NULL,"NULL","",a\\,b}',
    '{"\\"","\\\\",{}}'.replace(',{}', ''),
    '{{a,b},{c,d}}',
    '[0:1]={x,y}',
  ],
  numbers: ['{1,NULL,-3}', '{}'],
  mood: ['fine', "it's ok", 'Not "good"'],
  moods: ['{fine,"it\'s ok",NULL,"Not \\"good\\""}'],
  network: ['192.168.0.1/24', '::1'],
  range: ['empty', '[1,5)', '(,)'],
  point: ['(1.5,-2)'],
};

describe('rows from Postgres', () => {
  it('are equal by text for every type: in the snapshot, in live changes, NULLs too', async () => {
    await insertNasty(0);
    await open(1);
    expect(await compare('everything', local?.db)).toEqual([]);
    await insertNasty(100);
    await server.database.query(`UPDATE everything SET words = NULL, amount = amount WHERE amount = '1.10'`);
    await expect.poll(() => compare('everything', local?.db)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('are those of the shape only; two shapes go side by side', async () => {
    await open(1);
    const { rows } = (await local?.db.query<{ n: number }>('SELECT count(*)::int AS n FROM items')) ?? {
      rows: [],
    };
    expect(rows).toEqual([{ n: 200 }]);
  });

  it('are not downloaded again after a restart (C2 of the bridge: bytes counted)', async () => {
    const db = await PGlite.create();
    await open(1, db, false);
    const first = bytes();
    const dump = await db.dumpDataDir('none');
    await local?.close();
    await server.database.query(`UPDATE items SET title = 'changed while away' WHERE id = 7`);
    await open(1, await PGlite.create({ loadDataDir: dump }));
    const second = bytes();
    expect(second).toBeLessThan(first / 10);
    expect(await compare('items', local?.db, 'WHERE id > 0')).toEqual([]);
  });
});

describe('oracle', () => {
  it('after random transactions the local table is Postgres’s', async () => {
    await open(1);
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('upsert' as const),
        id: fc.integer({ min: -5, max: 300 }),
        title: fc.string(),
      }),
      fc.record({ kind: fc.constant('delete' as const), id: fc.integer({ min: -5, max: 300 }) }),
      fc.record({
        kind: fc.constant('move' as const),
        id: fc.integer({ min: -5, max: 300 }),
        to: fc.integer({ min: -5, max: 300 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 5 }),
        async (transactions) => {
          for (const changes of transactions) await server.database.query(toStatement(changes));
          await expect
            .poll(() => compare('items', local?.db, 'WHERE id > 0'), { timeout: 10_000 })
            .toEqual([]);
        },
      ),
      { numRuns: 12, seed: 20261120 },
    );
    expect(errors).toEqual([]);
  });
});

describe('oracle with faults', () => {
  it('after lost, refused, cut and replaced answers and restarts the local table is Postgres’s', async () => {
    const random = seededRandom(20261120);
    const network = withFaults(server.fetch, random, {
      lost: 0.04,
      unavailable: 0.03,
      cut: 0.04,
      rotated: 0.06,
    });
    const db = await PGlite.create();
    let client = createSyncClient({ db, settings: settings(1), fetch: network.fetch });
    await client.start();
    const isUnmet = () => Object.values(network.counts).includes(0);
    for (let turn = 0; turn < 25 || (turn < 200 && isUnmet()); turn += 1) {
      const changes = Array.from({ length: 1 + Math.floor(random() * 10) }, () => randomChange(random));
      await server.database.query(toStatement(changes));
      if (random() < 0.2) {
        await client.close();
        client = createSyncClient({ db, settings: settings(1), fetch: network.fetch });
        await client.start();
      }
      await new Promise((resolve) => setTimeout(resolve, random() * 120));
    }
    network.stop();
    await expect
      .poll(() => compare('items', db, 'WHERE id > 0'), { timeout: 40_000, interval: 200 })
      .toEqual([]);
    await client.close();
    await db.close();
    expect(isUnmet()).toBe(false);
  });
});

describe('schema changes', () => {
  it('A5, A8: page ahead, then the server catches up; then a rename it can’t follow', async () => {
    await open(2);
    expect(local?.status.get().shapes.items?.kind).toBe('live');
    bytes();
    await server.database.query('INSERT INTO items VALUES (1000, $1)', ['before the deploy']);
    await server.deploy(HISTORY[1] as (typeof HISTORY)[0]);
    await server.database.query(`UPDATE items SET price = '42.50' WHERE id = 1000`);
    await expect.poll(() => compare('items', local?.db, 'WHERE id > 0'), { timeout: 15_000 }).toEqual([]);
    await expect
      .poll(() => local?.migrations.state.get())
      .toMatchObject({
        kind: 'idle',
        last: { summary: ['Items have a price now.'] },
      });
    const snapshots = server.takeTraffic().filter(({ request }) => request.endsWith(' -1'));
    expect(snapshots.map(({ request }) => request)).toEqual(['items -1']);

    await server.deploy(HISTORY[2] as (typeof HISTORY)[0]);
    await expect.poll(() => local?.status.get().isReloadOffered, { timeout: 10_000 }).toBe(true);
    // The column that went is nullable, so the rest of the table goes on.
    await server.database.query(`UPDATE items SET name = 'unseen', price = 1.50 WHERE id = 1000`);
    await expect
      .poll(async () => (await local?.db.query('SELECT title, price FROM items WHERE id = 1000'))?.rows, {
        timeout: 10_000,
      })
      .toEqual([{ title: 'before the deploy', price: '1.50' }]);
    await insertNasty(200);
    await expect.poll(() => compare('everything', local?.db), { timeout: 10_000 }).toEqual([]);
  });
});

async function open(count: number, db?: PGlite, isTrafficKept = true): Promise<void> {
  errors = [];
  if (!isTrafficKept) server.takeTraffic();
  local = await openInProcess({
    db: db ?? (await PGlite.create()),
    settings: settings(count),
    fetch: server.fetch,
    hooks: { onError: (error) => errors.push(error) },
  });
  await expect.poll(() => local?.status.get().kind, { timeout: 20_000 }).toBe('live');
}

function settings(count: number): SyncSettings {
  return {
    apiUrl: 'http://127.0.0.1:1',
    shapes: ['everything', 'items'].map((name) => ({ name, table: name, audience: 'viewer' as const })),
    scope: 'me',
    token: null,
    bundle: { migrations: HISTORY.slice(0, count) },
  };
}

function bytes(): number {
  return server.takeTraffic().reduce((sum, { bytes: size }) => sum + size, 0);
}

async function insertNasty(from: number): Promise<void> {
  const length = Math.max(...Object.values(NASTY).map((values) => values.length)) + 1;
  for (let row = 0; row < length; row += 1) {
    const values = TYPES.map(([name]) => NASTY[name]?.[row] ?? null);
    const id = `00000000-0000-0000-0000-${String(from + row).padStart(12, '0')}`;
    const list = TYPES.map(([, type], index) => `$${index + 2}::text::${type}`).join(', ');
    await server.database.query(`INSERT INTO everything VALUES ($1, ${list})`, [id, ...values]);
  }
}

/** Rows, as text, that one side has and the other hasn't. */
async function compare(
  table: string,
  db: Pick<PGlite, 'query'> | undefined,
  where = '',
): Promise<readonly string[]> {
  if (db === undefined) return ['no database'];
  const columns = table === 'items' ? await itemColumns(db) : ['id', ...TYPES.map(([name]) => name)];
  const fields = columns.map((name) => `coalesce(${asText(name)}, '<NULL>')`).join(', ');
  const sql = `SELECT array_to_string(ARRAY[${fields}], '|', '') AS row FROM ${table} ${where}`;
  const here = (await db.query<{ row: string }>(sql)).rows.map(({ row }) => row);
  const there = (await server.database.query<{ row: string }>(sql)).map(({ row }) => row);
  const both = new Set(here.filter((row) => there.includes(row)));
  return [
    ...here.filter((row) => !both.has(row)).map((row) => `local only: ${row}`),
    ...there.filter((row) => !both.has(row)).map((row) => `server only: ${row}`),
  ];
}

/** The two sides may differ in how they display a moment, not in which it is. */
function asText(column: string): string {
  return column === 'moment' ? `("moment" AT TIME ZONE 'UTC')::text` : `"${column}"::text`;
}

async function itemColumns(db: Pick<PGlite, 'query'>): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  );
  const there = await server.database.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'items'::regclass AND attnum > 0 AND NOT attisdropped`,
  );
  return rows.map(({ name }) => name).filter((name) => there.some((other) => other.name === name));
}

type RandomChange =
  | { readonly kind: 'upsert'; readonly id: number; readonly title: string }
  | { readonly kind: 'delete'; readonly id: number }
  | { readonly kind: 'move'; readonly id: number; readonly to: number };

function randomChange(random: () => number): RandomChange {
  const id = Math.floor(random() * 300) - 5;
  const dice = random();
  if (dice < 0.2) return { kind: 'delete', id };
  if (dice < 0.3) return { kind: 'move', id, to: Math.floor(random() * 300) };
  return { kind: 'upsert', id, title: `title ${random()}` };
}

function toStatement(changes: readonly RandomChange[]): string {
  const statements = changes.map((change) => {
    if (change.kind === 'delete') return `DELETE FROM items WHERE id = ${change.id};`;
    if (change.kind === 'move') {
      return `UPDATE items SET id = ${change.to} WHERE id = ${change.id} AND NOT EXISTS (SELECT FROM items WHERE id = ${change.to});`;
    }
    const title = `'${change.title.replaceAll("'", "''").replaceAll('\u0000', '')}'`;
    return `INSERT INTO items (id, title) VALUES (${change.id}, ${title}) ON CONFLICT (id) DO UPDATE SET title = excluded.title;`;
  });
  return `BEGIN; ${statements.join(' ')} COMMIT;`;
}
