import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markerPath } from '../../embedded/marker.ts';
import { type EmbeddedDatabase, type EmbeddedOptions, openEmbedded } from '../../embedded/open-embedded.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import type { RunOptions } from '../../run/run-options.ts';
import { testBundle } from '../../testing/bundle.ts';
import { openPglite } from '../open-pglite.ts';
import { type BackupTarget, backup, backupBeforePending, defineBackupPolicy, listBackups } from './index.ts';
import { restoreEmbedded } from './restore-embedded.ts';
import { restoreNewest } from './restore-newest.ts';
import { verifyBackup } from './verify-backup.ts';

const root = mkdtempSync(join(tmpdir(), 'lockstep-backup-'));
const base = join(root, 'base');
const policy = defineBackupPolicy();
let count = 0;

const HISTORY = testBundle([
  {
    tag: '0000_items',
    statements: [
      'CREATE TABLE items (id int PRIMARY KEY, name text, made timestamptz DEFAULT now())',
      "INSERT INTO items SELECT g, 'item ' || g FROM generate_series(1, 500) AS g",
    ],
  },
  {
    tag: '0001_damage',
    statements: [
      "UPDATE items SET name = 'gone' WHERE id % 2 = 0",
      'DELETE FROM items WHERE id > 400',
      'ALTER TABLE items DROP COLUMN made',
    ],
  },
]);

/** A directory of the test's own at 0000, closed, and a folder for its backups. */
function newPlace(): { readonly directory: string; readonly folder: string } {
  count += 1;
  const directory = join(root, `data-${count}`);
  cpSync(base, directory, { recursive: true });
  cpSync(markerPath(base), markerPath(directory));
  return { directory, folder: join(root, `backups-${count}`) };
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

const targetOf = ({ db, executor, directory }: EmbeddedDatabase): BackupTarget => ({
  kind: 'embedded',
  db,
  executor,
  directory,
  label: 'app.db',
});
const migrate = (opened: EmbeddedDatabase, length: number, options: Partial<RunOptions<'embedded'>> = {}) =>
  runMigrations(
    opened.executor,
    { migrations: HISTORY.migrations.slice(0, length) },
    { target: 'embedded', afterMigration: opened.acknowledge, ...options },
  );
const rowsOf = async ({ executor }: Pick<EmbeddedDatabase, 'executor'>) =>
  JSON.stringify(await executor.query('SELECT i::text AS row FROM items AS i ORDER BY id'));
const makeBackup = (directory: string, folder: string) =>
  within(directory, (opened) => backup(targetOf(opened), { policy, folder }));

beforeAll(() => within(base, (opened) => migrate(opened, 1)));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('C3: backup and restore of a PGlite directory', () => {
  it('a restore brings back, row for row, a database which a migration then damaged', async () => {
    const { directory, folder } = newPlace();
    const { before, after } = await within(directory, async (opened) => {
      const before = await rowsOf(opened);
      const beforePending = backupBeforePending(targetOf(opened), { policy, folder });
      expect((await migrate(opened, 2, { beforePending })).kind).toBe('applied');
      return { before, after: await rowsOf(opened) };
    });
    expect(after).not.toBe(before);
    const [made] = await listBackups(folder);
    expect(made?.manifest).toMatchObject({ version: { tag: '0000_items' }, verified: { kind: 'whole' } });
    expect(made?.manifest.contents['public.items']?.rows).toBe(500);
    expect(made?.manifest.name).toMatch(/^\d{8}T\d{6}Z-0000_items-/);

    const { replaced } = await restoreNewest(folder, directory);
    await within(directory, async (opened) => {
      expect(await rowsOf(opened)).toBe(before);
      // It is at the version of the backup, so the (mended) migration is pending again.
      expect((await migrate(opened, 2)).kind).toBe('applied');
    });
    // What was replaced is still there, as it was.
    await within(String(replaced), async (opened) => expect(await rowsOf(opened)).toBe(after));
    expect(await verifyBackup(made as NonNullable<typeof made>)).toEqual({ kind: 'opened', differences: [] });
  });

  it('published failure: a corrupt or stale backup is not trusted (open-science #1092)', async () => {
    const { directory, folder } = newPlace();
    const older = await makeBackup(directory, folder);
    await within(directory, ({ db }) => db.exec("INSERT INTO items VALUES (1000, 'new')"));
    const newer = await makeBackup(directory, folder);
    const file = join(String(newer.data), 'PG_VERSION');
    writeFileSync(file, readFileSync(file, 'utf8').replace('18', '81'));
    const control = readFileSync(join(directory, 'global/pg_control'));
    await expect(restoreEmbedded(newer, directory)).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
    expect(readFileSync(join(directory, 'global/pg_control'))).toEqual(control);

    // Bytes that are as they were made, of another state than the record says: seen when it is opened.
    const forged = { ...older, manifest: { ...older.manifest, contents: newer.manifest.contents } };
    await expect(restoreEmbedded(forged, directory)).rejects.toMatchObject({
      code: 'BACKUP_CORRUPT',
      message: expect.stringContaining('public.items has 500 rows instead of 501'),
    });
    const restored = await restoreNewest(folder, directory);
    expect(restored.backup.manifest.name).toBe(older.manifest.name);
    expect(restored.corrupt).toEqual([newer.manifest.name]);
  });

  it('published failure: the backup of another database is refused (Resend)', async () => {
    const { directory, folder } = newPlace();
    const other = join(root, 'other');
    await within(other, async (opened) => {
      await migrate(opened, 1);
      await backup(targetOf(opened), { policy, folder });
    });
    await expect(restoreNewest(folder, directory)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    const [made] = await listBackups(folder);
    const databaseId = '00000000-0000-4000-8000-000000000000';
    await expect(
      restoreEmbedded(made as NonNullable<typeof made>, join(root, 'nothing'), { databaseId }),
    ).rejects.toMatchObject({ code: 'DATABASE_WRONG' });
  });

  it('a directory in use is not restored over', async () => {
    const { directory, folder } = newPlace();
    await within(directory, async (opened) => {
      await backup(targetOf(opened), { policy, folder });
      await expect(restoreNewest(folder, directory)).rejects.toMatchObject({ code: 'EMBEDDED_LOCKED' });
      expect(JSON.parse(await rowsOf(opened))).toHaveLength(500);
    });
  });

  it('what an interrupted backup left is none, and goes in time', async () => {
    const { directory, folder } = newPlace();
    const made = await makeBackup(directory, folder);
    renameSync(join(folder, made.manifest.name), join(folder, `${made.manifest.name}.unfinished`));
    expect(await listBackups(folder)).toEqual([]);
    await expect(restoreNewest(folder, directory)).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    const clock = {
      now: () => Date.now() + 2 * 86_400_000,
      random: Math.random,
      sleep: async () => undefined,
    };
    await within(directory, (opened) => backup(targetOf(opened), { policy, folder, clock }));
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('a database in memory is backed up as one file, and restored to a directory', async () => {
    const { folder } = newPlace();
    const { db, executor, close } = await openPglite(null);
    try {
      await runMigrations(executor, { migrations: HISTORY.migrations.slice(0, 1) }, { target: 'embedded' });
      const target: BackupTarget = { kind: 'embedded', db, executor, directory: null, label: 'memory' };
      await backup(target, { policy, folder });
      const directory = join(root, 'from-memory');
      await restoreNewest(folder, directory);
      const rows = await rowsOf({ executor });
      await within(directory, async (opened) => expect(await rowsOf(opened)).toBe(rows));
    } finally {
      await close();
    }
  });
});

describe('C3: pending migrations in production', () => {
  let shared: EmbeddedDatabase;
  beforeAll(async () => {
    shared = await openEmbedded(newPlace().directory);
  });
  afterAll(() => shared.close());

  it.each([
    ['none, without a reason', 'refused', defineBackupPolicy({ kind: 'none' }), false],
    ['a kind that it can not have', 'refused', defineBackupPolicy({ kind: 'dump' }), false],
    ['none, with a reason', 'applied', defineBackupPolicy({ kind: 'none', reason: 'it is a cache' }), false],
    ['none, but waived', 'applied', defineBackupPolicy({ kind: 'none' }), true],
  ] as const)('with the policy "%s" the run is %s', async (_what, kind, chosen, isWaived) => {
    const { folder } = newPlace();
    await shared.db.exec(
      'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA lockstep CASCADE; DROP SCHEMA drizzle CASCADE',
    );
    await migrate(shared, 1);
    const beforePending = backupBeforePending(targetOf(shared), { policy: chosen, folder, isWaived });
    const result = await migrate(shared, 2, { beforePending });
    expect(result.kind).toBe(kind);
    if (result.kind === 'refused') expect(result.error.code).toBe('BACKUP_IMPOSSIBLE');
    expect(JSON.parse(await rowsOf(shared))).toHaveLength(kind === 'refused' ? 500 : 400);
  });
});

describe('C6: a power cut', () => {
  it('storage that lost what it had acknowledged is answered from the newest good backup', async () => {
    const { directory, folder } = newPlace();
    const lost = join(root, 'lost');
    cpSync(directory, lost, { recursive: true });
    const before = await within(directory, async (opened) => {
      await opened.db.exec("INSERT INTO items VALUES (1000, 'kept')");
      await backup(targetOf(opened), { policy, folder });
      return rowsOf(opened);
    });
    rmSync(directory, { recursive: true });
    cpSync(lost, directory, { recursive: true });
    await expect(openEmbedded(directory)).rejects.toMatchObject({ code: 'STORAGE_LOST' });
    await within(
      directory,
      async (opened) => {
        expect(opened.restored?.backup.manifest.version?.tag).toBe('0000_items');
        expect(await rowsOf(opened)).toBe(before);
      },
      { onStorageLost: { restoreFrom: folder } },
    );
  });
});
