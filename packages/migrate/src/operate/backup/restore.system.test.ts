import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchPostgres, freePort, type LocalPostgres, startLocalPostgres } from '@lockstep/local-postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from '../../run/executor/executor.ts';
import { readDatabaseId } from '../../run/identity.ts';
import { runMigrations } from '../../run/run-migrations.ts';
import { testBundle } from '../../testing/bundle.ts';
import { EVERY_OBJECT } from '../../testing/every-object.ts';
import { readContents } from '../contents.ts';
import { rehearse } from '../rehearsal/index.ts';
import { withConnection } from '../with-database.ts';
import { type BackupTarget, backup, backupBeforePending, defineBackupPolicy, listBackups } from './index.ts';
import { restoreServer } from './restore-server.ts';

/** Debian's pg_dump is of Postgres 15, and refuses a newer server: so the server is of that version too. */
const MAJOR = 15;

const root = mkdtempSync(join(tmpdir(), 'lockstep-restore-'));
const policy = defineBackupPolicy({ kind: 'dump' });
const HISTORY = testBundle([
  {
    tag: '0000_goods',
    statements: [
      'CREATE TABLE goods (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, doc jsonb, made timestamptz DEFAULT now())',
      `INSERT INTO goods (name, doc) SELECT 'item ' || g, jsonb_build_object('n', g) FROM generate_series(1, 2000) AS g`,
      'CREATE TABLE "odd Names" (item bigint PRIMARY KEY REFERENCES goods, "of:it" numeric)',
      'INSERT INTO "odd Names" SELECT id, random() FROM goods',
    ],
  },
  {
    tag: '0001_damage',
    statements: [
      'UPDATE goods SET doc = NULL WHERE id % 3 = 0',
      'DELETE FROM "odd Names" WHERE item > 1000',
      'ALTER TABLE goods DROP COLUMN made',
    ],
  },
]);

let server: LocalPostgres;
let target: BackupTarget & { readonly kind: 'server' };
let folder: string;
let count = 0;
const within = <T>(body: (executor: Executor) => Promise<T>) =>
  withConnection(target.url, ({ executor }) => body(executor));
const migrate = (length: number, beforePending?: () => Promise<void>) =>
  within((executor) =>
    runMigrations(
      executor,
      { migrations: HISTORY.migrations.slice(0, length) },
      { target: 'server', ...(beforePending === undefined ? {} : { beforePending }) },
    ),
  );
const rows = () =>
  within(async (executor) => [
    await executor.query('SELECT i::text AS row FROM goods AS i ORDER BY id'),
    await executor.query('SELECT o::text AS row FROM "odd Names" AS o ORDER BY item'),
  ]);

beforeAll(async () => {
  chmodSync(root, 0o755); // As root, the server runs as another user.
  const binaries = await fetchPostgres(MAJOR, join(tmpdir(), 'lockstep-postgres'));
  server = await startLocalPostgres({
    dataDir: join(root, 'postgres'),
    port: await freePort(),
    persistent: false,
    binaries,
    settings: { fsync: 'off' },
  });
}, 300_000);
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(async () => {
  count += 1;
  const name = `app_${count}`;
  await server.ensureDatabase(name);
  folder = join(root, `backups-${count}`);
  target = { kind: 'server', url: server.url(name), label: name };
});

describe('C3: backup and restore of a Postgres by pg_dump', () => {
  it('a restore brings back, row for row, a database which a migration then damaged', async () => {
    await migrate(1);
    await within((executor) => executor.exec(EVERY_OBJECT));
    await within((executor) =>
      executor.exec(
        `ALTER DATABASE app_${count} SET search_path = app, public; ALTER DATABASE app_${count} SET lock_timeout = '5s';`,
      ),
    );
    const before = await rows();
    const result = await migrate(2, backupBeforePending(target, { policy, folder }));
    expect(result.kind === 'refused' ? result.error.message : result.kind).toBe('applied');
    const damaged = await rows();
    expect(damaged).not.toEqual(before);

    const [made] = await listBackups(folder);
    if (made === undefined) throw new Error('There is no backup.');
    expect(made.manifest).toMatchObject({ version: { tag: '0000_goods' }, verified: { kind: 'whole' } });
    const id = await within(readDatabaseId);
    const restored = await restoreServer(made, target.url, { databaseId: id });
    expect(await rows()).toEqual(before);
    expect(await within(readDatabaseId)).toBe(id);
    const [setting] = await within((executor) =>
      executor.query('SELECT current_setting($1::text) AS path, current_setting($2::text) AS timeout', [
        'search_path',
        'lock_timeout',
      ]),
    );
    expect(setting).toEqual({ path: 'app, public', timeout: '5s' });
    // Its identity column goes on where it was, and the migration is pending again.
    await within((executor) => executor.exec("INSERT INTO goods (name) VALUES ('next')"));
    expect((await migrate(2)).kind).toBe('applied');

    const kept = new URL(target.url);
    kept.pathname = `/${restored.replaced}`;
    target = { ...target, url: kept.href };
    expect(await rows()).toEqual(damaged);
  });

  it('what others write while it is dumped is in neither the dump nor its record', async () => {
    await migrate(1);
    let isOver = false;
    const writing = within(async (executor) => {
      while (!isOver) await executor.exec("INSERT INTO goods (name) VALUES ('meanwhile')");
    });
    const made = await backup(target, { policy, folder });
    isOver = true;
    await writing;
    expect(made.manifest.verified).toEqual({ kind: 'whole' });
    const now = await within((executor) => readContents(executor, { withDigests: false }));
    expect(now['public.goods']?.rows).toBeGreaterThan(made.manifest.contents['public.goods']?.rows ?? 0);
  });

  it('published failure: a dump that was damaged is not trusted, and nothing is touched (open-science #1092)', async () => {
    await migrate(1);
    const made = await backup(target, { policy, folder });
    const file = String(made.data);
    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
    writeFileSync(file, bytes);
    const before = await rows();
    await expect(restoreServer(made, target.url)).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
    expect(await rows()).toEqual(before);
  });

  it('published failure: the backup of another database is refused (Resend)', async () => {
    await migrate(1);
    const made = await backup(target, { policy, folder });
    await server.ensureDatabase('other');
    target = { ...target, url: server.url('other') };
    await migrate(1);
    await expect(restoreServer(made, target.url)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect((await rows())[0]).toHaveLength(2000);
  });

  it('a database in use is not replaced, unless told', async () => {
    await migrate(1);
    const made = await backup(target, { policy, folder });
    await within(async (executor) => {
      await executor.exec("INSERT INTO goods (name) VALUES ('later')");
      await expect(restoreServer(made, target.url)).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining('connected'),
      });
      await restoreServer(made, target.url, { disconnectOthers: true });
    });
    expect((await rows())[0]).toHaveLength(2000);
  });

  it('a role that may not create databases gets a dump, and is told that less was proven', async () => {
    await migrate(1);
    const role = `dumper_${count}`;
    await within((executor) =>
      executor.exec(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT pg_read_all_data TO ${role};`),
    );
    const url = new URL(target.url);
    url.username = role;
    url.password = 'x';
    const made = await backup({ ...target, url: url.href }, { policy, folder });
    expect(made.manifest.verified).toMatchObject({
      because: expect.stringContaining('may not create a database'),
    });
    await expect(restoreServer(made, url.href)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    await restoreServer(made, target.url);
    expect((await rows())[0]).toHaveLength(2000);
  });
});

describe('C11: a rehearsal of a Postgres that others are connected to', () => {
  it('is on a restored dump', async () => {
    await migrate(1);
    await within(async () => {
      const report = await rehearse({ kind: 'server', url: target.url }, HISTORY);
      expect(report).toMatchObject({ copy: { kind: 'dump' }, outcome: 'applied', others: [] });
      expect(report.migrations[0]?.rows).toEqual([
        { table: 'public."odd Names"', before: 2000, after: 1000 },
      ]);
    });
    expect((await rows())[1]).toHaveLength(2000);
  });
});
