import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { createPackage } from '@electron/asar';
import type { MigrationBundle } from '@lockstep/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newProgram } from '../author/program/new-program.ts';
import { filesWithArchives } from '../testing/asar-files.ts';
import { writeDrizzleFolder } from '../testing/drizzle-folder.ts';
import { BUNDLE_FILE, writeBundleFile } from './bundle-file.ts';
import { type FindMigrationsOptions, findMigrations } from './find-migrations.ts';
import { runMigrations } from './run-migrations.ts';

const root = mkdtempSync(join(tmpdir(), 'lockstep-find-'));
const sources = join(root, 'sources');
const bundleFile = join(sources, BUNDLE_FILE);
let whole: MigrationBundle;
let world: string;
let worlds = 0;

beforeAll(async () => {
  const made = writeDrizzleFolder([
    { tag: '0000_items', statements: ['CREATE TABLE items (id int PRIMARY KEY)'] },
  ]);
  cpSync(made, join(sources, 'drizzle'), { recursive: true });
  rmSync(made, { recursive: true });
  await newProgram(join(sources, 'drizzle'), 'nothing');
  whole = await writeBundleFile(bundleFile, { folder: join(sources, 'drizzle') });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  worlds += 1;
  world = join(root, `world-${worlds}`);
  mkdirSync(world);
});

const at = (...path: string[]) => join(world, ...path);
/** Puts the bundle's file, or the migrations folder, into a folder of the world. */
const ship = (what: 'file' | 'folder', ...path: string[]) => {
  mkdirSync(at(...path), { recursive: true });
  if (what === 'file') cpSync(bundleFile, at(...path, BUNDLE_FILE));
  else cpSync(join(sources, 'drizzle'), at(...path, 'drizzle'), { recursive: true });
};
const find = (options: FindMigrationsOptions = {}, resourcesPath: string | null = null) =>
  findMigrations({
    surroundings: { cwd: at('somewhere', 'else'), execPath: at('bin', 'app'), resourcesPath },
    ...options,
  });

describe('C8: the migrations of a program are found', () => {
  it('in the bundle that is given, and nothing is looked for', async () => {
    const bundle = { migrations: [] };
    expect(await find({ bundle })).toEqual({ bundle, kind: 'given', path: null });
  });

  it('in each place, the documented order deciding', async () => {
    const from = pathToFileURL(at('app', 'dist', 'main.js'));
    const name = '@acme/db';
    const look = async () => {
      const { kind, path, bundle } = await find({ from, name }, at('resources'));
      expect(bundle.migrations.map(({ tag }) => tag)).toEqual(['0000_items', '0001_nothing']);
      expect(bundle.programs?.['0001_nothing']?.id).toBe('nothing');
      return [kind, path];
    };
    // From the last place to the first: each new one wins.
    ship('file', 'app', 'node_modules', '@acme', 'db', 'dist');
    expect(await look()).toEqual(['package', at('app', 'node_modules', '@acme', 'db', 'dist', BUNDLE_FILE)]);
    ship('file', 'app');
    expect(await look()).toEqual(['development', at('app', BUNDLE_FILE)]);
    ship('file', 'bin', 'resources');
    expect(await look()).toEqual(['executable', at('bin', 'resources', BUNDLE_FILE)]);
    ship('file', 'bin');
    expect(await look()).toEqual(['executable', at('bin', BUNDLE_FILE)]);
    ship('file', 'resources');
    expect(await look()).toEqual(['resources', at('resources', BUNDLE_FILE)]);
    ship('file', 'resources', 'app');
    expect(await look()).toEqual(['resources', at('resources', 'app', BUNDLE_FILE)]);
    ship('file', 'app', 'dist');
    expect(await look()).toEqual(['beside', at('app', 'dist', BUNDLE_FILE)]);
  });

  it('in a migrations folder in development, upward from the working directory, compiled on the spot', async () => {
    ship('folder', 'somewhere');
    const found = await find();
    expect(found).toMatchObject({ kind: 'development', path: at('somewhere', 'drizzle') });
    expect(found.bundle.migrations).toEqual(whole.migrations);
  });

  it('not in a folder of compiled modules: `migrations/` beside the program may be the bundle', async () => {
    ship('file');
    mkdirSync(at('src', 'migrations'), { recursive: true });
    writeFileSync(at('src', 'migrations', '0000_items.ts'), 'export const parts = {};');
    expect(await find({ from: at('src') })).toMatchObject({ path: at(BUNDLE_FILE) });
  });

  it('in the folder that the configuration names', async () => {
    ship('folder', 'somewhere', 'database');
    writeFileSync(
      at('somewhere', 'lockstep.config.mjs'),
      "export default { migrations: './database/drizzle' };",
    );
    expect(await find()).toMatchObject({ kind: 'development', path: at('somewhere', 'database', 'drizzle') });
  });

  it("inside an Electron archive: a real app.asar, read as Electron's fs reads it", async () => {
    ship('file', 'unpacked');
    await createPackage(at('unpacked'), at('resources', 'app.asar'));
    const found = await find({ files: filesWithArchives }, at('resources'));
    expect(found).toMatchObject({ kind: 'resources', path: at('resources', 'app.asar', BUNDLE_FILE) });
    expect(found.bundle.migrations).toEqual(whole.migrations);

    ship('folder', 'other');
    await createPackage(at('other'), at('resources-2', 'app.asar'));
    expect(await find({ files: filesWithArchives }, at('resources-2'))).toMatchObject({
      path: at('resources-2', 'app.asar', 'drizzle'),
      bundle: { migrations: whole.migrations },
    });
    // Plain Node sees a file, and says so.
    await expect(find({}, at('resources'))).rejects.toMatchObject({
      message: expect.stringMatching(/app\.asar: an archive, which only Electron can read inside/),
    });
  });

  it('nowhere: the error lists every place looked at, with what was there', async () => {
    mkdirSync(at('resources', 'drizzle'), { recursive: true });
    const missing = find({ from: at('app', 'main.ts'), name: 'db' }, at('resources'));
    await expect(missing).rejects.toMatchObject({
      code: 'MIGRATIONS_NOT_FOUND',
      remedy: expect.stringContaining('import.meta.url'),
    });
    const { message } = (await missing.catch((error: unknown) => error)) as Error;
    for (const line of [
      `beside the program: ${at('app')}: no ${BUNDLE_FILE}, no migrations in drizzle/ or migrations/`,
      `resources: ${at('resources', 'app.asar')}:`,
      `resources: ${at('resources')}:`,
      `beside the executable: ${at('bin')}:`,
      `development: ${world}:`,
      `development: ${dirname(root)}:`,
      `package: ${at('app', 'node_modules', 'db')}:`,
    ])
      expect(message).toContain(line);
  });

  it('a bundle file that is damaged is named, not passed over for the next place', async () => {
    ship('file', 'app');
    mkdirSync(at('app', 'dist'));
    const text = JSON.stringify({ format: 'lockstep-bundle-1', migrations: whole.migrations, sources: {} });
    for (const damaged of [text.slice(0, 100), '{}', text]) {
      writeFileSync(at('app', 'dist', BUNDLE_FILE), damaged);
      await expect(find({ from: at('app', 'dist') })).rejects.toMatchObject({ code: 'BUNDLE_INVALID' });
    }
  });

  it('and runMigrations(db) needs no bundle', async () => {
    ship('file', 'app');
    const db = await PGlite.create();
    try {
      expect(await runMigrations(db, undefined, { find: { from: at('app', 'main.js') } })).toMatchObject({
        kind: 'applied',
        version: { tag: '0001_nothing' },
      });
    } finally {
      await db.close();
    }
  });
});
