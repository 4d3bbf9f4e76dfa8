import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProxy } from '@lockstep/electric-proxy';
import { createTestDatabase } from '@lockstep/local-postgres';
import { rollback } from '@lockstep/migrate';
import { compile } from '@lockstep/migrate/node';
import { postgresExecutor } from '@lockstep/migrate/postgres';
import type { LockstepError, MigrationBundle } from '@lockstep/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withConnection } from '../db/connect.ts';
import { applyThroughProxy } from './apply.ts';
import { applyWhenOfThisBranch } from './other-branch.ts';

const FIRST = ['0000_first', 'CREATE TABLE notes (id integer PRIMARY KEY);'] as const;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let proxy: Awaited<ReturnType<typeof startProxy>>;
beforeAll(async () => {
  database = await createTestDatabase('branch');
  proxy = await startProxy({ upstreamUrl: database.url, password: 'branch', port: 0 });
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
});

async function bundleOf(
  ...files: readonly (readonly [tag: string, sql: string, down: string])[]
): Promise<MigrationBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-branch-'));
  try {
    await mkdir(join(folder, 'meta'));
    await mkdir(join(folder, 'down'));
    for (const [tag, sql, down] of files) {
      await writeFile(join(folder, `${tag}.sql`), sql);
      await writeFile(join(folder, 'down', `${tag}.sql`), down);
    }
    const entries = files.map(([tag], idx) => ({ idx, when: idx + 1, tag, version: '7', breakpoints: true }));
    const journal = { version: '7', dialect: 'postgresql', entries };
    await writeFile(join(folder, 'meta', '_journal.json'), JSON.stringify(journal));
    return { migrations: await compile(folder) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('branches: the stack says whose migrations the database has, waits, and goes on when they are undone', async () => {
  const first = [...FIRST, 'DROP TABLE notes;'] as const;
  const mine = await bundleOf(first, [
    '0001_mine',
    'CREATE TABLE mine (id integer PRIMARY KEY); ALTER TABLE mine ENABLE ELECTRIC;',
    'DROP TABLE mine;',
  ]);
  const theirs = await bundleOf(first, [
    '0001_theirs',
    'CREATE TABLE theirs (id integer);',
    'DROP TABLE theirs;',
  ]);
  await applyThroughProxy(proxy.url(), mine);

  let applying: Promise<readonly string[]> | undefined;
  const error = await new Promise<LockstepError>((resolve) => {
    applying = applyWhenOfThisBranch(proxy.url(), theirs, {
      onOtherBranch: async (told) => resolve(told),
      signal: undefined,
    });
  });
  expect(error.message).toMatch(/another branch: 0001_mine \(applied /);
  expect(error.remedy).toContain('`pnpm db:rollback --to 0000_first`');
  expect(error.remedy).toContain('`pnpm db:reset`');
  await withConnection(proxy.url(), (client) =>
    rollback(postgresExecutor(client), { to: '0000_first', target: 'server' }),
  );
  expect(await applying).toEqual(['0001_theirs']);
});

test('branches: stopped while it waits, it ends', async () => {
  const stop = new AbortController();
  const other = await bundleOf([...FIRST, 'DROP TABLE notes;']);
  const waiting = applyWhenOfThisBranch(proxy.url(), other, {
    onOtherBranch: async () => stop.abort(),
    signal: stop.signal,
  });
  await expect(waiting).rejects.toThrow(/abort/);
});
