import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromRoot } from '../root.ts';
import { createOutsideProject, type OutsideProject } from './outside.ts';
import { type PackedPackages, packPackages } from './pack.ts';

// In the system suite because it installs with npm, from its registry or its cache, and takes a minute on a busy machine.

const INSTALL_MS = 300_000;
const PROGRAMS_MS = 180_000;

let packed: PackedPackages;
let project: OutsideProject;
let database: TestDatabase;
beforeAll(async () => {
  packed = await packPackages(['protocol', 'migrate']);
  const { protocol = '', migrate = '' } = packed.tarballs;
  project = await createOutsideProject(
    { '@lockstep/protocol': protocol, '@lockstep/migrate': migrate },
    {
      '@electric-sql/pglite': '0.5.16',
      // PGlite's declarations need these with skipLibCheck off, and the browser's.
      '@types/emscripten': '1.41.6',
      '@types/node': '^20.19.0',
      '@types/pg': '8.23.1',
      pg: '8.23.1',
    },
  );
  database = await createTestDatabase('outside');
  for (const [file, text] of Object.entries(FILES)) await project.write(file, text);
  await project.run('npx', ['lockstep', 'compile']);
}, INSTALL_MS);
afterAll(async () => {
  await project?.remove();
  await packed?.remove();
  await database?.drop();
});

const ITEMS = 'CREATE TABLE "items" ("id" integer PRIMARY KEY, "name" text NOT NULL);';
const NOTES =
  'CREATE TABLE "notes" ("id" integer PRIMARY KEY, "item" integer REFERENCES "items");\n--> statement-breakpoint\nCREATE INDEX CONCURRENTLY "notes_item" ON "notes" ("item");';

const entry = (idx: number, tag: string) => ({
  idx,
  version: '7',
  when: 1_700_000_000_000 + idx,
  tag,
  breakpoints: true,
});

const EMBEDDED = `
import { PGlite } from '@electric-sql/pglite';
import { getAppliedMigrations, requireMigrated, runMigrations } from '@lockstep/migrate';
import { bundle } from './migrations/index.ts';

const db = new PGlite('app.db');
const { kind, migrations } = requireMigrated(await runMigrations(db, bundle));
await db.query('INSERT INTO notes VALUES ((SELECT count(*) FROM notes), NULL)');
const applied = (await getAppliedMigrations(db)).length;
console.log(JSON.stringify({ kind, ran: migrations.map(({ tag }) => tag), applied }));
await db.close();
`;

const SERVER = `
import pg from 'pg';
import { formatRunEvent, requireMigrated, runMigrations, type RunResult } from '@lockstep/migrate';
import { bundle } from './migrations/index.ts';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const events: string[] = [];
const onEvent = (event: Parameters<typeof formatRunEvent>[0]) => void events.push(formatRunEvent(event) ?? '');
const result: RunResult = await runMigrations(client, bundle, { onEvent });
const { kind, migrations } = requireMigrated(result);
const { rows } = await client.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'notes_item'::regclass");
console.log(JSON.stringify({ kind, ran: migrations.map(({ tag }) => tag), rows, told: events.length > 0 }));
await client.end();
`;

/** In a browser, without the types of Node, and of Emscripten, which PGlite's own declarations would need. */
const CORE = `
import { plan, requireMigrated, runMigrations, type MigrationProgram, type RunResult } from '@lockstep/migrate';
import { pgliteExecutor } from '@lockstep/migrate/pglite';
import { ERRORS, type MigrationBundle } from '@lockstep/protocol';
export { ERRORS, pgliteExecutor, plan, requireMigrated, runMigrations };
export type { MigrationBundle, MigrationProgram, RunResult };
`;

/** What the command line and configuration files import. */
const TOOLS = `
import { defineConfig, generate, rebase, type GenerateResult, type RebaseResult } from '@lockstep/migrate/node';
import { nodeEnvironment, runCli } from '@lockstep/migrate/cli';
export { generate, nodeEnvironment, rebase, runCli, type GenerateResult, type RebaseResult };
export default defineConfig({ migrations: './drizzle' });
`;

const STRICT = {
  target: 'es2023',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  rewriteRelativeImportExtensions: true,
  noEmit: true,
};
const PLAIN = { lib: ['es2023', 'dom'], types: [] };
const FULL = { lib: ['es2023', 'dom'], types: ['node', 'emscripten'] };
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' };
const NODENEXT = { module: 'nodenext', moduleResolution: 'nodenext' };
const PROGRAMS = ['embedded.ts', 'server.ts', 'tools.ts'];

const config = (compilerOptions: object, files: readonly string[]) =>
  JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions }, files });

const FILES: Readonly<Record<string, string>> = {
  'drizzle/0000_items.sql': ITEMS,
  'drizzle/0001_notes.sql': NOTES,
  'drizzle/meta/_journal.json': JSON.stringify({
    version: '7',
    dialect: 'postgresql',
    entries: [entry(0, '0000_items'), entry(1, '0001_notes')],
  }),
  'drizzle.config.ts': "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' };\n",
  'lockstep.config.ts':
    "import { defineConfig } from '@lockstep/migrate/node';\nexport default defineConfig({ migrations: './drizzle', bundle: './migrations' });\n",
  'embedded.ts': EMBEDDED,
  'server.ts': SERVER,
  'core.ts': CORE,
  'tools.ts': TOOLS,
  'full-bundler.json': config({ ...FULL, ...BUNDLER }, PROGRAMS),
  'full-nodenext.json': config({ ...FULL, ...NODENEXT }, PROGRAMS),
  'core-bundler.json': config({ ...PLAIN, ...BUNDLER }, ['core.ts']),
  'core-nodenext.json': config({ ...PLAIN, ...NODENEXT }, ['core.ts']),
  'build.json': config({ ...FULL, ...NODENEXT, noEmit: false, outDir: 'out' }, PROGRAMS),
};

test.each(['full-bundler', 'full-nodenext', 'core-bundler', 'core-nodenext'])(
  'type-checks without skipLibCheck: %s',
  async (name) => {
    await expect(project.tsc(`${name}.json`)).resolves.toBeUndefined();
  },
);

test(
  'a PGlite program and a Postgres program migrate with Drizzle files, without Electric and without Drizzle',
  async () => {
    expect(existsSync(join(project.path, 'node_modules/drizzle-orm'))).toBe(false);
    expect(existsSync(join(project.path, 'node_modules/@electric-sql/client'))).toBe(false);
    await project.tsc('build.json');
    const run = async (file: string, env: Readonly<Record<string, string>> = {}) =>
      JSON.parse(await project.run(process.execPath, [`out/${file}`], env)) as unknown;
    const ran = ['0000_items', '0001_notes'];
    expect(await run('embedded.js')).toEqual({ kind: 'applied', ran, applied: 2 });
    expect(await run('embedded.js')).toEqual({ kind: 'up-to-date', ran: [], applied: 2 });
    const env = { DATABASE_URL: database.url };
    const rows = [{ indisvalid: true }];
    expect(await run('server.js', env)).toEqual({ kind: 'applied', ran, rows, told: true });
    expect(await run('server.js', env)).toMatchObject({ kind: 'up-to-date', ran: [] });
  },
  PROGRAMS_MS,
);

test(
  'npx lockstep works there: compile made the bundle, init and status say what is',
  async () => {
    const env = { DATABASE_URL: database.url };
    expect(await project.run('npx', ['lockstep', 'init'], env)).toContain('lockstep.config.ts');
    const status = await project.run('npx', ['lockstep', 'status', '--json'], env);
    expect(JSON.parse(status)).toMatchObject({ migrations: [{ tag: '0000_items' }, { tag: '0001_notes' }] });
  },
  PROGRAMS_MS,
);

test.each(['protocol', 'migrate'])('publint and attw find nothing in %s', async (name) => {
  const tarball = packed.tarballs[name] ?? '';
  const bin = (tool: string) => fromRoot('scripts/node_modules/.bin', tool);
  const execute = promisify(execFile);
  // Each ends with another code than 0 when it finds something.
  const published = await execute(bin('publint'), [tarball, '--strict']);
  expect(published.stdout).toContain('All good!');
  const typed = await execute(bin('attw'), [tarball, '--profile', 'esm-only', '--format', 'json']);
  expect(JSON.parse(typed.stdout)).toMatchObject({ analysis: { packageName: `@lockstep/${name}` } });
});
