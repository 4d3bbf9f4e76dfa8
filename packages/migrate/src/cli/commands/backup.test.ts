import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbedded } from '../../embedded/open-embedded.ts';
import { connectPostgres } from '../../operate/connect-postgres.ts';
import { openPglite } from '../../operate/open-pglite.ts';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const ITEMS = { tag: '0000_items', sql: 'CREATE TABLE "items" ("id" int PRIMARY KEY, "name" text);' };
const DAMAGE = { tag: '0001_damage', sql: 'UPDATE "items" SET "name" = null;' };
const DATABASE = ['--database', 'file:app.db'];
/** As in real life: a directory is closed, and free, when the command ends. */
const environment = {
  open: {
    postgres: connectPostgres,
    pglite: (directory: string | null) => (directory === null ? openPglite(null) : openEmbedded(directory)),
  },
};

let checkout: CliCheckout;
const run = (argv: readonly string[], options = {}) =>
  checkout.run([...argv, ...DATABASE], { environment, ...options });
const within = async <T>(
  body: (executor: Awaited<ReturnType<typeof openEmbedded>>['executor']) => Promise<T>,
) => {
  const { executor, close } = await openEmbedded(join(checkout.path, 'app.db'));
  try {
    return await body(executor);
  } finally {
    await close();
  }
};
const names = () => within((executor) => executor.query('SELECT name FROM items ORDER BY id'));

beforeAll(async () => {
  checkout = await createCliCheckout([ITEMS]);
  await run(['migrate']);
  await within((executor) => executor.exec("INSERT INTO items VALUES (1, 'one'), (2, 'two')"));
});
afterAll(() => checkout.remove());

test('C3, C11: after a rehearsal production migrates with a backup, the list shows it, and restore is one command', async () => {
  await checkout.migrations([ITEMS, DAMAGE]);
  const rehearsed = await run(['rehearse']);
  expect(rehearsed.stdout).toMatch(
    /0001_damage: applied after .*\n.*1\. UPDATE "items".*\n.*RowExclusiveLock on items/,
  );
  expect(await names()).toEqual([{ name: 'one' }, { name: 'two' }]);

  const migrated = await run(['migrate', '--production', '--yes']);
  expect(migrated.stdout).toMatch(/Backed up: \S+-0000_items-\S+: app\.db at 0000_items, .* verified/);
  expect(await names()).toEqual([{ name: null }, { name: null }]);

  const list = await run(['backups', '--verify', '--json']);
  expect(list.exitCode).toBe(EXIT.done);
  expect(list.json()).toMatchObject({
    backups: [{ version: { tag: '0000_items' }, state: { text: 'opened and compared now' } }],
  });

  const declined = await run(['restore'], { answers: ['other.db'] });
  expect(declined.exitCode).toBe(EXIT.refused);
  expect((await run(['restore'])).stderr).toContain('CONFIRMATION_MISSING');
  expect(await names()).toEqual([{ name: null }, { name: null }]);

  const restored = await run(['restore'], { answers: ['app.db'] });
  expect(restored.stdout).toMatch(/What was there is .*app\.db\.replaced-/);
  expect(await names()).toEqual([{ name: 'one' }, { name: 'two' }]);
});

test('C3: a damaged backup is told, and not restored', async () => {
  const folder = join(checkout.path, 'backups');
  const [name = ''] = readdirSync(folder);
  cpSync(join(folder, name), join(checkout.path, 'kept'), { recursive: true });
  writeFileSync(join(folder, name, 'data', 'PG_VERSION'), '81\n');
  const list = await run(['backups', '--verify']);
  expect(list.exitCode).toBe(EXIT.found);
  expect(list.stdout).toContain('its sha256 differs');
  expect((await run(['restore', '--yes'])).stderr).toContain('BACKUP_CORRUPT');
  rmSync(join(folder, name), { recursive: true });
  expect((await run(['restore', '--yes'])).stderr).toContain('BACKUP_NOT_FOUND');
  cpSync(join(checkout.path, 'kept'), join(folder, name), { recursive: true });
});

test('published failure: a command for another database is refused (supabase #35306)', async () => {
  const env = { LOCKSTEP_DATABASE_ID: '00000000-0000-4000-8000-000000000000' };
  for (const argv of [['migrate'], ['restore', '--yes'], ['backup']]) {
    const refused = await run(argv, { env });
    expect(refused.stderr).toMatch(/DATABASE_WRONG|BACKUP_NOT_FOUND/);
    expect(refused.exitCode).not.toBe(EXIT.done);
  }
  expect(await names()).toEqual([{ name: 'one' }, { name: 'two' }]);
});
