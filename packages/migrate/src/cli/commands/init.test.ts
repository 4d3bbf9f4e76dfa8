import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = { tag: '0000_items', sql: 'CREATE TABLE "items" ("id" uuid PRIMARY KEY);' };

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([ITEMS]);
  await rm(join(checkout.path, 'lockstep.config.ts'));
  await checkout.write(
    'drizzle.config.ts',
    "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' };\n",
  );
  await rm(join(checkout.path, 'node_modules/pg'), { force: true });
  await checkout.write('node_modules/pg/package.json', '{ "version": "8.16.0" }');
  await checkout.write('packages/app/package.json', '{}');
});
afterAll(() => checkout.remove());

const config = () => readFile(join(checkout.path, 'lockstep.config.ts'), 'utf8');

test('decision 17: without lockstep.config.ts the one of drizzle-kit is read, and nothing is synced', async () => {
  const run = await checkout.run(['migrate', '--database', 'file:app.db', '--json']);
  expect(run.json()).toMatchObject({ kind: 'applied', version: { tag: '0000_items' } });
});

test('writes the configuration beside drizzle.config.ts, and prints what it found', async () => {
  const run = await checkout.run(['init', '--database', 'file:app.db', '--json'], {
    environment: { cwd: join(checkout.path, 'packages/app') },
  });
  expect(run.json()).toMatchObject({
    drizzle: { kind: 'read', file: './drizzle.config.ts', schema: ['./schema.ts'], out: './drizzle' },
    migrations: { kind: 'read', layout: 'journal', count: 1, newest: '0000_items' },
    versions: { pg: '8.16.0' },
    // Beside the application no such directory is there, and none was made.
    tracking: { kind: 'absent', database: 'app.db' },
    written: join(checkout.path, 'lockstep.config.ts'),
  });
  expect(await config()).toContain("migrations: './drizzle',");
  // It is one: every command reads it from now on.
  const migrated = await checkout.run(['migrate', '--database', 'file:app.db']);
  expect(migrated.exitCode).toBe(EXIT.done);
  expect(migrated.stdout).toContain('1 applied, nothing pending.');
});

test('never overwrites; says where the database stands', async () => {
  await checkout.write('lockstep.config.ts', `${await config()}// mine\n`);
  const run = await checkout.run(['init', '--database', 'file:app.db']);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('stays as it is');
  expect(run.stdout).toMatch(/drizzle\.__drizzle_migrations +1 row/);
  expect(run.stdout).toMatch(/lockstep\.migrations +1 row/);
  expect(await config()).toContain('// mine');
});

test('what is wrong is told among the rest, without a password', async () => {
  await checkout.write('drizzle/0009_stray.sql', 'SELECT 1');
  const run = await checkout.run(['init', '--database', 'postgres://me:secret@127.0.0.1:9/x']);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('MIGRATION_FILE_UNLISTED');
  expect(run.stdout).toContain('POSTGRES_UNREACHABLE');
  expect(run.stdout + run.stderr).not.toContain('secret');
});
