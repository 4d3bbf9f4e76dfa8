import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMigrations } from '../../run/run-migrations.ts';
import { testBundle } from '../../testing/bundle.ts';
import { withConnection } from '../with-database.ts';
import { type BackupTarget, backup, backupBeforePending, defineBackupPolicy, listBackups } from './index.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import { restoreServer } from './restore-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-backup-pg-'));
const bundle = testBundle([
  { tag: '0000_items', statements: ['CREATE TABLE items (id int)'] },
  { tag: '0001_rows', statements: ['INSERT INTO items VALUES (1)'] },
]);
let database: TestDatabase;
let target: BackupTarget & { readonly kind: 'server' };

beforeAll(async () => {
  database = await createTestDatabase('backup');
  target = { kind: 'server', url: database.url, label: 'test' };
  await withConnection(database.url, ({ executor }) =>
    runMigrations(executor, { migrations: bundle.migrations.slice(0, 1) }, { target: 'server' }),
  );
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('C3: backups of a Postgres that others keep', () => {
  it('a restore point is named after version and time, and says that it was not opened', async () => {
    const made = await backup(target, { policy: defineBackupPolicy({ kind: 'restore-point' }), folder });
    expect(made.manifest.data).toMatchObject({
      kind: 'restore-point',
      name: expect.stringMatching(/^\d{8}T\d{6}Z-0000_items-/),
      lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    });
    expect(made.manifest.verified).toMatchObject({
      kind: 'less',
      because: expect.stringContaining('archive'),
    });
    await expect(restoreServer(made, database.url)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      remedy: expect.stringContaining('recovery_target_name'),
    });
  });

  it('without the right to name a point, position and time are kept', async () => {
    const role = `backup_${database.name}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    await database.query(`GRANT USAGE ON SCHEMA lockstep, drizzle TO ${role}`);
    await database.query(`GRANT SELECT ON ALL TABLES IN SCHEMA lockstep, drizzle, public TO ${role}`);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'x';
    try {
      const policy = defineBackupPolicy({ kind: 'restore-point' });
      const made = await backup({ ...target, url: url.href }, { policy, folder });
      expect(made.manifest.data).toMatchObject({ kind: 'restore-point', name: null });
      expect(made.manifest.verified).toMatchObject({ because: expect.stringContaining('may not name') });
    } finally {
      await database.query(`DROP OWNED BY ${role}`);
      await database.query(`DROP ROLE ${role}`);
    }
  });

  it('another program gets the names, no shell reads them, and its last line is the id', async () => {
    const script =
      "console.log('working');console.log(`snap-${process.env.LOCKSTEP_BACKUP_VERSION} ${process.argv[1]}`)";
    const policy = defineBackupPolicy({
      kind: 'external',
      command: [process.execPath, '-e', script, '$(id); `id`'],
    });
    const made = await backup(target, { policy, folder });
    expect(made.manifest.data).toMatchObject({ kind: 'external', id: 'snap-0000_items $(id); `id`' });
  });

  it.each([
    ['fails', 'console.error("no space"); process.exit(3)', /no space/],
    ['prints no id', '', /printed no id/],
  ])('a program that %s stops the migrations, and leaves no record', async (_what, script, message) => {
    const before = (await listBackups(folder)).length;
    const policy = defineBackupPolicy({ kind: 'external', command: [process.execPath, '-e', script] });
    const result = await withConnection(database.url, ({ executor }) =>
      runMigrations(executor, bundle, {
        target: 'server',
        beforePending: backupBeforePending(target, { policy, folder }),
      }),
    );
    expect(result).toMatchObject({
      kind: 'refused',
      error: { code: 'BACKUP_IMPOSSIBLE', message: expect.stringMatching(message) },
    });
    expect(await database.query('SELECT FROM items')).toEqual([]);
    expect(await listBackups(folder)).toHaveLength(before);
  });
});

describe('C3: a dump', () => {
  it('without a pg_dump stops before anything is made, and says what to install', async () => {
    const policy = defineBackupPolicy({ kind: 'dump', pgBin: join(folder, 'nowhere') });
    await expect(backup(target, { policy, folder })).rejects.toMatchObject({
      code: 'BACKUP_TOOL_MISSING',
      remedy: expect.stringContaining('postgresql-client-18'),
    });
  });

  it('its password is never on a command line', () => {
    const variables = libpqEnvironment('postgresql://me:p%40ss@[::1]:6543/app%20db?sslmode=require');
    expect(variables).toMatchObject({
      PGHOST: '::1',
      PGPORT: '6543',
      PGUSER: 'me',
      PGPASSWORD: 'p@ss',
      PGDATABASE: 'app db',
      PGSSLMODE: 'require',
    });
  });
});
