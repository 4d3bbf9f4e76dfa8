import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliProject, createCliProject } from '../../testing/cli-project.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = { tag: '0000_items', sql: 'CREATE TABLE "items" ("id" uuid PRIMARY KEY);' };

let project: CliProject;
beforeAll(async () => {
  project = await createCliProject([ITEMS]);
  await rm(join(project.path, 'lockstep.config.ts'));
  await project.write(
    'drizzle.config.ts',
    "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' };\n",
  );
  await project.write('node_modules/pg/package.json', '{ "version": "8.16.0" }');
  await project.write('packages/app/package.json', '{}');
});
afterAll(() => project.remove());

const config = () => readFile(join(project.path, 'lockstep.config.ts'), 'utf8');

test('decision 17: without lockstep.config.ts the one of drizzle-kit is read, and nothing is synced', async () => {
  const run = await project.run(['migrate', '--database', 'file:app.db', '--json']);
  expect(run.json()).toMatchObject({ kind: 'applied', version: { tag: '0000_items' } });
});

test('writes the configuration beside drizzle.config.ts, and prints what it found', async () => {
  const run = await project.run(['init', '--database', 'file:app.db', '--json'], {
    environment: { cwd: join(project.path, 'packages/app') },
  });
  expect(run.json()).toMatchObject({
    drizzle: { kind: 'read', file: './drizzle.config.ts', schema: ['./schema.ts'], out: './drizzle' },
    migrations: { kind: 'read', layout: 'journal', count: 1, newest: '0000_items' },
    versions: { pg: '8.16.0' },
    // Beside the application no such directory is there, and none was made.
    tracking: { kind: 'absent', database: 'app.db' },
    written: join(project.path, 'lockstep.config.ts'),
  });
  expect(await config()).toContain("migrations: './drizzle',");
  // It is one: every command reads it from now on.
  const migrated = await project.run(['migrate', '--database', 'file:app.db']);
  expect(migrated.exitCode).toBe(EXIT.done);
  expect(migrated.stdout).toContain('1 applied, nothing pending.');
});

test('never overwrites; says where the database stands', async () => {
  await project.write('lockstep.config.ts', `${await config()}// mine\n`);
  const run = await project.run(['init', '--database', 'file:app.db']);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('stays as it is');
  expect(run.stdout).toMatch(/drizzle\.__drizzle_migrations +1 row/);
  expect(run.stdout).toMatch(/lockstep\.migrations +1 row/);
  expect(await config()).toContain('// mine');
});

test('what is wrong is told among the rest, without a password', async () => {
  await project.write('drizzle/0009_stray.sql', 'SELECT 1');
  const run = await project.run(['init', '--database', 'postgres://me:secret@127.0.0.1:9/x']);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('MIGRATION_FILE_UNLISTED');
  expect(run.stdout).toContain('POSTGRES_UNREACHABLE');
  expect(run.stdout + run.stderr).not.toContain('secret');
});
