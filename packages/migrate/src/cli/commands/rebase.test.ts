import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GENERATED_MARK } from '../../author/render-bundle.ts';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout(
    [],
    "{ migrations: './drizzle', bundle: './bundle', synced: ['notes'] }",
  );
  const drizzle = "{ dialect: 'postgresql', schema: './schema/*', out: './drizzle' }";
  await checkout.write('drizzle.config.ts', `export default ${drizzle};\n`);
  await checkout.write('.gitignore', 'node_modules\n');
});
afterAll(() => checkout.remove());

const DRIZZLE = import.meta.resolve('drizzle-orm/pg-core');

const table = (name: string) =>
  checkout.write(
    `schema/${name}.ts`,
    `import { integer, pgTable } from '${DRIZZLE}';\n` +
      `export const ${name} = pgTable('${name}', { id: integer('id').primaryKey() });\n`,
  );

async function git(...args: string[]): Promise<void> {
  const settings = ['-c', 'user.name=Ann', '-c', 'user.email=ann@localhost'];
  // A merge with conflicts fails: what it leaves is looked at.
  await promisify(execFile)('git', [...settings, ...args], { cwd: checkout.path }).catch(() => undefined);
}

/** The bundle's list is what both sides change: written here, because compiling it for real takes seconds each time. */
async function commitTable(name: string): Promise<void> {
  await table(name);
  await checkout.run(['generate', '--name', name, '--no-verify']);
  await checkout.write(
    'bundle/index.ts',
    `${GENERATED_MARK}: do not edit.\nexport const newest = '${name}';\n`,
  );
  await git('add', '--all');
  await git('commit', '--message', name);
}

test('in the middle of a merge: renumbers, electrifies and compiles over the conflict marks', async () => {
  await git('init', '--initial-branch=main');
  await commitTable('items');
  await git('checkout', '-b', 'mine');
  await commitTable('notes');
  await checkout.write('bundle/0001_notes.ts', `${GENERATED_MARK} from 0001_notes.sql: do not edit.\n`);
  await git('add', '--all');
  await git('commit', '--message', 'bundle');
  await git('checkout', 'main');
  await commitTable('labels');
  await git('checkout', 'mine');
  await git('merge', 'main');
  expect(await readFile(join(checkout.path, 'bundle/index.ts'), 'utf8')).toContain('<<<<<<<');

  const run = await checkout.run(['rebase']);
  expect(run.exitCode).toBe(EXIT.done);
  expect(run.stdout).toContain('0001_notes is now 0002_notes.');
  expect(run.stderr).not.toContain('differ');
  const index = await readFile(join(checkout.path, 'bundle/index.ts'), 'utf8');
  expect(index.match(/from '.*'/g)?.slice(-3)).toEqual([
    "from './0000_items.ts'",
    "from './0001_labels.ts'",
    "from './0002_notes.ts'",
  ]);
  expect(await readFile(join(checkout.path, 'bundle/0002_notes.ts'), 'utf8')).toContain('enable-electric');
  expect(existsSync(join(checkout.path, 'bundle/0001_notes.ts'))).toBe(false);
  await git('add', '--all');
  await git('commit', '--message', 'merged');
  expect((await checkout.run(['rebase'])).stdout).toContain('Nothing to do');
});
