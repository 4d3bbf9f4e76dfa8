import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { LockstepError } from '@lockstep/protocol';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testBundle } from '../testing/bundle.ts';
import { connect } from '../testing/connect.ts';
import { systemClock } from './clock.ts';
import type { RunEvent } from './events.ts';
import { postgresExecutor } from './executor/postgres.ts';
import { ensureDatabaseId, readDatabaseId } from './identity.ts';
import { runMigrations } from './run-migrations.ts';

let database: TestDatabase;
const clients: pg.Client[] = [];
const open = async () => {
  const client = await connect(database.url);
  clients.push(client);
  return postgresExecutor(client);
};
beforeEach(async () => {
  database = await createTestDatabase('before');
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await database.drop();
});

const bundle = testBundle([{ tag: '0000_items', statements: ['CREATE TABLE items (id int)'] }]);
const exists = async () => (await database.query("SELECT to_regclass('items') AS items"))[0]?.items !== null;

describe('what runs before pending migrations', () => {
  it('C3: a backup that takes longer than the lease keeps others out, and is made before anything changes', async () => {
    const events: string[] = [];
    const tell = (name: string) => (event: RunEvent) => events.push(`${name} ${event.kind}`);
    const lease = { termMs: 300, pollMs: 20 };
    let inBackup = () => undefined as void;
    const backupBegan = new Promise<void>((resolve) => {
      inBackup = resolve;
    });
    const first = runMigrations(await open(), bundle, {
      target: 'server',
      lease,
      onEvent: tell('first'),
      beforePending: async (pending) => {
        inBackup();
        expect(pending.map(({ tag }) => tag)).toEqual(['0000_items']);
        expect(await exists()).toBe(false);
        await systemClock.sleep(1000);
        expect(events.filter((event) => event.startsWith('second'))).toEqual(['second waiting']);
      },
    });
    await backupBegan;
    const second = await runMigrations(await open(), bundle, {
      target: 'server',
      lease,
      onEvent: tell('second'),
    });
    expect((await first).kind).toBe('applied');
    expect(second.kind).toBe('up-to-date');
  });

  it('C3: when it fails the run is refused with its reason, and nothing is applied', async () => {
    const error = new LockstepError('BACKUP_FAILED', { message: 'The disk is full.', remedy: 'Make room.' });
    const refuse = () => Promise.reject(error);
    const result = await runMigrations(await open(), bundle, { target: 'server', beforePending: refuse });
    expect(result).toMatchObject({ kind: 'refused', error, migrations: [{ outcome: 'not-run' }] });
    expect(await exists()).toBe(false);
  });

  it('is not asked when nothing is pending', async () => {
    await runMigrations(await open(), bundle, { target: 'server' });
    const refuse = () => Promise.reject(new Error('not to be called'));
    const result = await runMigrations(await open(), bundle, { target: 'server', beforePending: refuse });
    expect(result.kind).toBe('up-to-date');
  });
});

describe('the identity of a database', () => {
  it('published failure: a command meant for another database is refused before it touches anything (supabase #35306)', async () => {
    const executor = await open();
    const databaseId = '00000000-0000-4000-8000-000000000000';
    const fresh = await runMigrations(executor, bundle, { target: 'server', databaseId });
    expect(fresh).toMatchObject({ kind: 'refused', error: { code: 'DATABASE_WRONG' } });
    expect(await database.query("SELECT FROM pg_namespace WHERE nspname IN ('lockstep', 'drizzle')")).toEqual(
      [],
    );

    const id = await ensureDatabaseId(executor);
    const wrong = await runMigrations(executor, bundle, { target: 'server', databaseId });
    expect(wrong).toMatchObject({ error: { details: { expected: databaseId, actual: id } } });
    expect(await exists()).toBe(false);
    const right = await runMigrations(executor, bundle, { target: 'server', databaseId: id.toUpperCase() });
    expect(right.kind).toBe('applied');
  });

  it('is one, whoever asks first', async () => {
    const executors = await Promise.all(Array.from({ length: 5 }, open));
    const ids = await Promise.all(executors.map((executor) => ensureDatabaseId(executor)));
    expect(new Set(ids).size).toBe(1);
    expect(await readDatabaseId(await open())).toBe(ids[0]);
  });
});
