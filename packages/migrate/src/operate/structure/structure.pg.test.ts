import { PGlite } from '@electric-sql/pglite';
import { live } from '@electric-sql/pglite/live';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../run/clock.ts';
import { pgliteExecutor } from '../../run/executor/pglite.ts';
import { ensureTracking } from '../../run/tracking-schema.ts';
import { openPostgres, type TestTarget } from '../../testing/databases.ts';
import { EVERY_OBJECT } from '../../testing/every-object.ts';
import {
  diffStructures,
  fingerprint,
  formatStructureDiff,
  isSameStructure,
  kindOf,
  readStructure,
  STRUCTURE_KINDS,
  type Structure,
} from './index.ts';

const openLive = () => PGlite.create({ extensions: { live } });

let pglite: Awaited<ReturnType<typeof openLive>>;
let postgres: TestTarget;
let onPglite: Structure;
let onPostgres: Structure;
const read = () => readStructure(pgliteExecutor(pglite));

beforeAll(async () => {
  pglite = await openLive();
  postgres = await openPostgres();
  await pglite.exec(EVERY_OBJECT);
  await postgres.executor.exec(EVERY_OBJECT);
  onPglite = await read();
  await postgres.executor.exec(
    "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'SQL, DMY'; SET search_path = app, public",
  );
  onPostgres = await readStructure(postgres.executor);
});
afterAll(async () => {
  await pglite.close();
  await postgres.close();
});

describe('the structure of a database with every kind of object', () => {
  it('C4 is equal on PGlite and on Postgres, whatever the session has set', async () => {
    expect(formatStructureDiff(diffStructures(onPglite, onPostgres))).toBe('');
    expect(await fingerprint(onPostgres)).toBe(await fingerprint(onPglite));
    expect(await fingerprint(onPglite)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('leaves the session as it was', async () => {
    expect(
      await postgres.executor.query(
        "SELECT current_setting('search_path') AS path, now()::text ~ 'JST' AS tokyo",
      ),
    ).toEqual([{ path: 'app, public', tokyo: true }]);
  });

  it('holds every kind, each definition telling what was written', () => {
    const kinds = new Set(Object.keys(onPglite).map(kindOf));
    // Extensions have a test of their own.
    const without = new Set(['extension', 'extension version', 'collation']);
    expect(STRUCTURE_KINDS.filter((kind) => !kinds.has(kind) && !without.has(kind))).toEqual([]);
    expect(onPglite).toMatchObject({
      'column public.items.name': "character varying(20) not null default ''::character varying",
      'column public.items.doubled': 'integer generated always as (COALESCE(number, 0) * 2) stored',
      'constraint app.notes.later': 'CHECK ((item > 0)) NOT VALID',
      'trigger public.items.off': expect.stringMatching(/ \(disabled\)$/),
      'type app.level': "enum ('low', 'middle', 'it''s', 'HIGH')",
      'replica identity app.notes': 'full',
      'sequence public.items_id_seq':
        'integer start 10 increment 2 minimum 1 maximum 2147483647 cache 1 identity of public.items.id',
    });
  });
});

/** One change each, what undoes it, and the object whose definition tells it. */
const CHANGES: readonly (readonly [string, string, string])[] = [
  [
    'ALTER TABLE items ALTER name SET DEFAULT $$x$$',
    "ALTER TABLE items ALTER name SET DEFAULT ''",
    'column public.items.name',
  ],
  [
    'ALTER TABLE app.notes ALTER rank TYPE bigint',
    'ALTER TABLE app.notes ALTER rank TYPE integer',
    'column app.notes.rank',
  ],
  [
    'ALTER TABLE items DISABLE TRIGGER touch',
    'ALTER TABLE items ENABLE TRIGGER touch',
    'trigger public.items.touch',
  ],
  [
    'ALTER SEQUENCE app.numbers INCREMENT 10',
    'ALTER SEQUENCE app.numbers INCREMENT 5',
    'sequence app.numbers',
  ],
  [
    'ALTER TABLE items RENAME CONSTRAINT either TO other',
    'ALTER TABLE items RENAME CONSTRAINT other TO either',
    'constraint public.items.either',
  ],
  ['DROP INDEX items_tags', 'CREATE INDEX items_tags ON items USING gin (tags)', 'index public.items_tags'],
  [
    'DROP INDEX items_tags; CREATE INDEX items_tags ON items USING gin (tags) WHERE flag',
    'DROP INDEX items_tags; CREATE INDEX items_tags ON items USING gin (tags)',
    'index public.items_tags',
  ],
  [
    'ALTER VIEW app.joined RESET (security_barrier)',
    'ALTER VIEW app.joined SET (security_barrier = true)',
    'view app.joined',
  ],
  [
    'ALTER FUNCTION app.plus(integer, integer) VOLATILE',
    'ALTER FUNCTION app.plus(integer, integer) IMMUTABLE',
    'function app.plus(integer, integer)',
  ],
  [
    'ALTER TABLE items DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE items ENABLE ROW LEVEL SECURITY',
    'table public.items',
  ],
  [
    'ALTER POLICY own ON items USING (true)',
    'ALTER POLICY own ON items USING ("user" = CURRENT_USER)',
    'policy public.items.own',
  ],
  [
    'ALTER PUBLICATION few DROP TABLE app.notes',
    'ALTER PUBLICATION few ADD TABLE app.notes',
    'publication table few.app.notes',
  ],
  [
    'ALTER TABLE app.notes REPLICA IDENTITY DEFAULT',
    'ALTER TABLE app.notes REPLICA IDENTITY FULL',
    'replica identity app.notes',
  ],
  [
    'ALTER DOMAIN app.positive DROP CONSTRAINT over_zero',
    'ALTER DOMAIN app.positive ADD CONSTRAINT over_zero CHECK (VALUE > 0)',
    'type app.positive',
  ],
  [
    'ALTER TABLE app.notes VALIDATE CONSTRAINT later',
    'ALTER TABLE app.notes DROP CONSTRAINT later; ALTER TABLE app.notes ADD CONSTRAINT later CHECK (item > 0) NOT VALID',
    'constraint app.notes.later',
  ],
];

describe('drift', () => {
  it.each(CHANGES)('%s', async (change, undo, identity) => {
    await pglite.exec(change);
    try {
      const diff = diffStructures(onPglite, await read());
      expect(isSameStructure(diff)).toBe(false);
      const told = [...diff.missing, ...diff.different].map((entry) => entry.identity);
      expect(told).toEqual([identity]);
    } finally {
      await pglite.exec(undo);
    }
    expect(formatStructureDiff(diffStructures(onPglite, await read()))).toBe('');
  });

  it('published failure: an introspection without sequences, partial and expression indexes and triggers (drizzle #2322, luna #10)', () => {
    expect(onPglite).toHaveProperty(['sequence public.items_big_seq']);
    expect(onPglite['index public.items_by_name']).toContain('WHERE (flag AND (number > 5))');
    expect(onPglite['index public.items_by_name']).toContain('lower((name)::text)');
    expect(onPglite).toHaveProperty(['trigger public.items.touch']);
  });

  it('an invalid index is another index', async () => {
    await pglite.exec("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'items_tags'::regclass");
    const diff = diffStructures(onPglite, await read());
    await pglite.exec("UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'items_tags'::regclass");
    expect(diff.different).toMatchObject([
      { identity: 'index public.items_tags', actual: expect.stringMatching(/ \(invalid\)$/) },
    ]);
  });

  it('another column order, and an extension of another version, are told apart', async () => {
    const expected = { 'column order public.a': 'id, "x, y", name', 'extension version x': '1.0' };
    const actual = { 'column order public.a': 'name, id, "x, y"', 'extension version x': '1.1' };
    const diff = diffStructures(expected, actual);
    expect(isSameStructure(diff)).toBe(true);
    expect(diff.apart).toHaveLength(2);
    expect(await fingerprint(expected)).toBe(await fingerprint(actual));
    const fewer = diffStructures({ 'column order public.a': 'a, b, c' }, { 'column order public.a': 'a, c' });
    expect(fewer.apart).toEqual([]);
  });
});

describe('what is ignored', () => {
  it("objects of live queries, of Electric and of ours; and the replica identity of Electric's tables", async () => {
    const stop = await pglite.live.query('SELECT * FROM app.cache', [], () => undefined);
    await ensureTracking(pgliteExecutor(pglite), 'embedded', systemClock);
    await pglite.exec(`CREATE SCHEMA electric; CREATE TABLE electric.catalogue (id int);
      CREATE TABLE old (id int PRIMARY KEY); CREATE PUBLICATION electric_publication_default FOR TABLE old, events;
      ALTER TABLE old REPLICA IDENTITY FULL; ALTER TABLE events REPLICA IDENTITY FULL; ALTER TABLE events_rest_a REPLICA IDENTITY FULL;
      CREATE TEMPORARY TABLE passing (id serial)`);
    const diff = diffStructures(
      onPglite,
      await readStructure(pgliteExecutor(pglite), { ignoreRelations: [{ schema: 'public', name: 'old' }] }),
    );
    expect(formatStructureDiff(diff)).toBe('');
    const found = diffStructures(onPglite, await read());
    expect(found.unexpected.map(({ identity }) => identity)).toEqual([
      'column public.old.id',
      'constraint public.old.old_pkey',
      'table public.old',
    ]);
    await stop.unsubscribe();
    await pglite.exec(`DROP PUBLICATION electric_publication_default; DROP TABLE old; DROP SCHEMA electric, lockstep, drizzle CASCADE;
      ALTER TABLE events REPLICA IDENTITY DEFAULT; ALTER TABLE events_rest_a REPLICA IDENTITY DEFAULT`);
  });
});

it('a diff reads by table', async () => {
  await pglite.exec(
    'ALTER TABLE items DISABLE TRIGGER touch, ALTER price DROP DEFAULT; CREATE INDEX more ON app.cache (value); DROP VIEW app.series',
  );
  const text = formatStructureDiff(diffStructures(onPglite, await read()));
  await pglite.exec(`ALTER TABLE items ENABLE TRIGGER touch, ALTER price SET DEFAULT 1.10; DROP INDEX app.more;
    CREATE VIEW app.series AS SELECT n FROM generate_series(1, 3) AS n`);
  expect(text.split('\n').slice(0, 12)).toEqual([
    'app.cache',
    '  unexpected index app.more',
    '    CREATE INDEX more ON app.cache USING btree (value)',
    'app.series',
    '  missing view app.series',
    '    SELECT n',
    '       FROM generate_series(1, 3) n(n);',
    'public.items',
    '  different column public.items.price',
    '    expected: numeric(10,2) default 1.10',
    '    found:    numeric(10,2)',
    '  different trigger public.items.touch',
  ]);
});
