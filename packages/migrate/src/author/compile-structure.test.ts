import type { Migration } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  diffStructures,
  formatStructureDiff,
  promisedStructure,
  readPromise,
  readStructure,
  structureFor,
} from '../operate/structure/index.ts';
import { openReplayLab, type ReplayLab } from '../testing/replay-lab.ts';

let lab: ReplayLab;
beforeAll(async () => {
  lab = await openReplayLab(['citext', 'pg_trgm', 'uuid-ossp', 'postgis']);
});
afterAll(() => lab.close());
beforeEach(() => lab.reset());

const promised = (
  migrations: readonly Migration[],
  target: 'server' | 'embedded',
  tag: string | null = null,
) => promisedStructure({ migrations }, tag, target);

describe('the structure that a bundle promises', () => {
  it('is kept as differences, and leads to every version', async () => {
    const migrations = await lab.compile([
      'CREATE TABLE items (id int PRIMARY KEY, name text);',
      "ALTER TABLE items ADD note text DEFAULT ''; ALTER TABLE items RENAME name TO title;",
      'DROP TABLE items;',
    ]);
    expect(migrations[1]?.structure).toEqual({
      serverUnknown: null,
      delta: {
        drop: ['column public.items.name'],
        set: {
          'column order public.items': 'id, title, note',
          'column public.items.note': "text default ''::text",
          'column public.items.title': 'text',
        },
      },
    });
    expect(Object.keys(promised(migrations, 'server', '0000_step') ?? {})).toEqual([
      'column order public.items',
      'column public.items.id',
      'column public.items.name',
      'constraint public.items.items_pkey',
      'schema public',
      'table public.items',
    ]);
    expect(promised(migrations, 'embedded')).toEqual({ 'schema public': 'schema' });
  });

  it('E3 has what only servers get, and an embedded database lacks', async () => {
    const files = [
      `CREATE TABLE items (id int PRIMARY KEY, "user" text); ALTER TABLE items ENABLE ELECTRIC;
       CREATE ROLE reader; GRANT SELECT ON items TO reader, "Some One"; SET ROLE reader;
       ALTER TABLE items ENABLE ROW LEVEL SECURITY; ALTER TABLE items OWNER TO "Some One";
       CREATE POLICY own ON items TO reader, "Some One" USING ("user" = CURRENT_USER);
       CREATE PUBLICATION feed FOR TABLE items;
       CREATE TABLE notes (id int PRIMARY KEY); ALTER TABLE notes REPLICA IDENTITY FULL; ALTER TABLE items REPLICA IDENTITY FULL;`,
    ];
    const migrations = await lab.compile(files);
    expect(promised(migrations, 'server')).toMatchObject({
      'table public.items': 'table row level security',
      'policy public.items.own': 'permissive for all to "Some One", reader using (("user" = CURRENT_USER))',
      'publication feed': 'publish insert, update, delete, truncate',
      'publication table feed.public.items': 'published',
      'replica identity public.notes': 'full',
    });
    // Electric sets that of its tables.
    expect(promised(migrations, 'server')).not.toHaveProperty(['replica identity public.items']);
    const embedded = promised(migrations, 'embedded');
    await lab.reset();
    for (const { sql } of migrations.flatMap((migration) => migration.embedded)) await lab.db.exec(sql);
    const found = structureFor('embedded', await readStructure(lab.db));
    expect(formatStructureDiff(diffStructures(embedded ?? {}, found))).toBe('');
    expect(embedded).toMatchObject({ 'table public.items': 'table' });
    expect(embedded).not.toHaveProperty(['policy public.items.own']);
  });

  it('is unknown for servers from the first statement that needs a server, and goes on for embedded ones', async () => {
    const migrations = await lab.compile([
      'CREATE TABLE items (id int PRIMARY KEY, a int); CREATE POLICY every ON items USING (a > 0);',
      'CREATE POLICY files ON storage.objects USING (true);',
      'DROP POLICY every ON items; ALTER TABLE items DROP a;',
    ]);
    expect(readPromise({ migrations }, '0000_step', 'server').kind).toBe('known');
    expect(readPromise({ migrations }, null, 'server')).toEqual({
      kind: 'unknown',
      reason:
        '0001_step: 0001_step.sql, line 1, was not replayed as a server does it: schema "storage" does not exist.',
    });
    expect(promised(migrations, 'embedded')).not.toHaveProperty(['column public.items.a']);
    expect(promised(migrations, 'embedded')).not.toHaveProperty(['policy public.items.every']);
  });

  it('a bundle of an older compiler promises nothing', async () => {
    const [first] = await lab.compile(['CREATE TABLE items (id int PRIMARY KEY);']);
    if (first === undefined) throw new Error('Nothing was compiled.');
    const { structure: _structure, ...older } = first;
    expect(readPromise({ migrations: [older] }, null, 'embedded')).toMatchObject({ kind: 'unknown' });
  });
});

describe('extensions', () => {
  it('are there in the replay where PGlite has them, and are created by an embedded history where it has them', async () => {
    const migrations = await lab.compile([
      `CREATE EXTENSION IF NOT EXISTS citext; CREATE EXTENSION "uuid-ossp" WITH SCHEMA public VERSION '1.1';
       CREATE TABLE items (id uuid PRIMARY KEY DEFAULT uuid_generate_v4(), name citext);
       CREATE EXTENSION pg_trgm; CREATE INDEX found ON items USING gin (lower(name::text) gin_trgm_ops);`,
    ]);
    expect(promised(migrations, 'server')).toMatchObject({
      'column public.items.name': 'public.citext',
      'extension citext': 'extension in public',
      'extension "uuid-ossp"': 'extension in public',
    });
    expect(promised(migrations, 'embedded')).not.toHaveProperty(['extension citext']);
    const [create] = migrations[0]?.embedded ?? [];
    expect(create?.sql).toContain('THEN CREATE EXTENSION IF NOT EXISTS citext;');
  });

  it('one that PGlite lacks is passed over, and named when something needs it', async () => {
    const migrations = await lab.compile([
      'CREATE EXTENSION postgis; CREATE TABLE items (id int PRIMARY KEY);',
    ]);
    expect(readPromise({ migrations }, null, 'server')).toMatchObject({
      reason: expect.stringContaining('PGlite has no extension postgis'),
    });
    await expect(
      lab.compile(['CREATE EXTENSION postgis;', 'CREATE TABLE items (id int PRIMARY KEY, at geometry);']),
    ).rejects.toMatchObject({
      code: 'REPLICA_UNSUPPORTED',
      remedy: expect.stringContaining('PGlite has no extension postgis'),
      place: { file: '0001_step.sql' },
    });
  });
});
