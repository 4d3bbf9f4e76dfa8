import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { citext } from '@electric-sql/pglite/contrib/citext';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMigrations } from '../run/run-migrations.ts';
import { HISTORY } from '../testing/kill.ts';
import { markerPath, readMarker } from './marker.ts';
import { type EmbeddedDatabase, type EmbeddedOptions, openEmbedded } from './open-embedded.ts';

const root = mkdtempSync(join(tmpdir(), 'lockstep-embedded-'));
const base = join(root, 'base');
let count = 0;

/** A migrated directory of the test's own, closed, with its marker. */
function newDirectory(): string {
  count += 1;
  const directory = join(root, `data-${count}`);
  cpSync(base, directory, { recursive: true });
  cpSync(markerPath(base), markerPath(directory));
  return directory;
}

async function within<T>(
  directory: string,
  body: (opened: EmbeddedDatabase) => Promise<T>,
  options: EmbeddedOptions = {},
): Promise<T> {
  const opened = await openEmbedded(directory, options);
  try {
    return await body(opened);
  } finally {
    await opened.close();
  }
}

const migrate = ({ executor, acknowledge }: EmbeddedDatabase, length = HISTORY.migrations.length) =>
  runMigrations(
    executor,
    { migrations: HISTORY.migrations.slice(0, length) },
    { target: 'embedded', afterMigration: acknowledge },
  );
const idsOf = async ({ executor }: EmbeddedDatabase) =>
  (await executor.query<{ id: number }>('SELECT id FROM items ORDER BY id')).map(({ id }) => id);

beforeAll(() => within(base, (opened) => migrate(opened, 1)));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('C4: one process to a directory', () => {
  const hold = async (directory: string) => {
    const script = fileURLToPath(new URL('../testing/embedded-holder.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--conditions=@lockstep/source', '--no-warnings', '--import', 'tsx', script, directory],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    return child;
  };

  it('published failure: of two PGlite instances on one directory the second is refused (pglite #327)', async () => {
    const directory = newDirectory();
    const child = await hold(directory);
    const exited = once(child, 'exit');
    try {
      await expect(openEmbedded(directory)).rejects.toMatchObject({
        code: 'EMBEDDED_LOCKED',
        details: { pid: child.pid },
      });
    } finally {
      child.kill('SIGKILL');
    }
    // Killed, it holds nothing any more: no leftover to clean up, and what it committed is there.
    const rows = await within(directory, ({ db }) => db.query('SELECT * FROM held'), { waitMs: 20_000 });
    expect(rows.rows).toHaveLength(1);
    await exited;
  });

  it('control: without the lock both are let in, and the commits of one are gone', async () => {
    const directory = newDirectory();
    const [one, two] = [await PGlite.create(directory), await PGlite.create(directory)];
    await one.exec('INSERT INTO items VALUES (100)');
    await two.exec('INSERT INTO items VALUES (200)');
    await one.close();
    await two.close();
    const ids = await within(directory, idsOf, { onStorageLost: 'accept' });
    expect(ids.filter((id) => id >= 100)).not.toEqual([100, 200]);
  });
});

describe('what can not be opened is told before it is touched', () => {
  it('published failure: a directory of an older Postgres major (pglite #874, #289)', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'PG_VERSION'), '17\n');
    const before = readFileSync(join(directory, 'global/pg_control'));
    await expect(openEmbedded(directory)).rejects.toMatchObject({
      code: 'EMBEDDED_VERSION',
      message: expect.stringContaining('written by Postgres 17; this PGlite is Postgres 18'),
    });
    expect(readFileSync(join(directory, 'global/pg_control'))).toEqual(before);
  });

  it('published failure: a directory of another build of the same major (pglite #874)', async () => {
    const directory = newDirectory();
    const control = join(directory, 'global/pg_control');
    const bytes = readFileSync(control);
    bytes.writeUInt32LE(202_501_010, 12);
    writeFileSync(control, bytes);
    await expect(openEmbedded(directory)).rejects.toMatchObject({ code: 'EMBEDDED_VERSION' });
  });

  it('a folder with other files in it stays as it is', async () => {
    const directory = join(root, 'documents');
    mkdirSync(directory);
    writeFileSync(join(directory, 'letter.txt'), 'x');
    await expect(openEmbedded(directory)).rejects.toMatchObject({ code: 'EMBEDDED_NOT_A_DATABASE' });
    expect(readdirSync(directory)).toEqual(['letter.txt']);
  });

  it('published failure: an extension that is not loaded (vector)', async () => {
    const directory = newDirectory();
    await within(directory, ({ db }) => db.exec('CREATE EXTENSION citext'), { extensions: { citext } });
    await expect(openEmbedded(directory)).rejects.toMatchObject({
      code: 'EMBEDDED_EXTENSION_MISSING',
      details: { missing: ['citext'] },
    });
    await within(directory, ({ db }) => db.query("SELECT 'a'::citext"), { extensions: { citext } });
  });

  it('another database than LOCKSTEP_DATABASE_ID names', async () => {
    const directory = newDirectory();
    const id = (await readMarker(directory))?.databaseId;
    const other = '00000000-0000-4000-8000-000000000000';
    await expect(openEmbedded(directory, { databaseId: other })).rejects.toMatchObject({
      code: 'DATABASE_WRONG',
      details: { expected: other, actual: id },
    });
    await within(directory, idsOf, { databaseId: String(id) });
  });
});

describe('C6: a power cut', () => {
  it('what was acknowledged is on disk: storage that kept only what was synced has it', async () => {
    const directory = newDirectory();
    const kept = join(root, 'kept');
    await within(directory, async (opened) => {
      cpSync(directory, kept, { recursive: true });
      await migrate(opened);
      await opened.db.exec('CREATE TABLE later AS SELECT g AS id FROM generate_series(1, 5000) AS g');
      await opened.acknowledge();
      for (const synced of ['pg_wal', 'global/pg_control']) {
        cpSync(join(directory, synced), join(kept, synced), { recursive: true });
      }
      cpSync(markerPath(directory), markerPath(kept));
    });
    await within(kept, async (opened) => {
      expect(await idsOf(opened)).toEqual([11, 12]);
      expect((await opened.db.query('SELECT * FROM later')).rows).toHaveLength(5000);
    });
  });

  it('published failure: storage that lost acknowledged state is detected, not migrated again (pglite #327)', async () => {
    const directory = newDirectory();
    const older = join(root, 'older');
    cpSync(directory, older, { recursive: true });
    await within(directory, (opened) => migrate(opened));
    rmSync(directory, { recursive: true });
    cpSync(older, directory, { recursive: true });
    await expect(openEmbedded(directory)).rejects.toMatchObject({
      code: 'STORAGE_LOST',
      message: expect.stringMatching(/0000_items.*had been written to.*0001_name/),
    });
    await within(directory, (opened) => migrate(opened), { onStorageLost: 'accept' });
    await within(directory, async (opened) => expect(await idsOf(opened)).toEqual([11, 12]));
  });

  it.each([
    ['its log', (directory: string) => rmSync(join(directory, 'pg_wal'), { recursive: true })],
    ['its control file', (directory: string) => rmSync(join(directory, 'global/pg_control'))],
    ['everything', (directory: string) => rmSync(directory, { recursive: true })],
  ])('a directory that lost %s is a named outcome', async (_what, lose) => {
    const directory = newDirectory();
    lose(directory);
    await expect(openEmbedded(directory)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
  });

  it('a directory that was open when the machine went down says so', async () => {
    const directory = newDirectory();
    const marker = await readMarker(directory);
    writeFileSync(markerPath(directory), JSON.stringify({ ...marker, openSince: 'an earlier boot' }));
    expect(await within(directory, async ({ wasCutOff }) => wasCutOff)).toBe(true);
    expect(await within(directory, async ({ wasCutOff }) => wasCutOff)).toBe(false);
  });

  it('and is not opened when a part of what was written is damaged', async () => {
    const directory = newDirectory();
    const file = await within(directory, async ({ db }) => {
      const { rows } = await db.query<{ path: string }>("SELECT pg_relation_filepath('items') AS path");
      return join(directory, rows[0]?.path ?? '');
    });
    const bytes = readFileSync(file);
    bytes.fill(7, bytes.length - 200, bytes.length - 20);
    writeFileSync(file, bytes);
    const marker = await readMarker(directory);
    writeFileSync(markerPath(directory), JSON.stringify({ ...marker, openSince: 'an earlier boot' }));
    await expect(openEmbedded(directory)).rejects.toMatchObject({
      code: 'STORAGE_LOST',
      message: expect.stringContaining('items is damaged'),
    });
  });
});
