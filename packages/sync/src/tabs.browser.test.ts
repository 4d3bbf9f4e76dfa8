import { PGlite } from '@electric-sql/pglite';
import type { ReplicaMigration } from '@lockstep/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../../scripts/testing/chromium.ts';
import type { SyncSettings } from './contract.ts';
import { databaseName } from './database-name.ts';
import type { StorageKind, TabApi } from './testing/browser/page.ts';
import { makeHistory, makeTable } from './testing/history.ts';
import { createMemoryServer, type MemoryServer } from './testing/memory-server.ts';
import { type Site, startSite } from './testing/site.ts';

declare const tab: TabApi;

const HISTORY = makeHistory([
  {
    tag: '0000_start',
    statements: ['CREATE TABLE items (id integer PRIMARY KEY, title text)'],
    footprint: [{ kind: 'create-table', table: 'items' }],
    tables: [makeTable('items', ['id integer key', 'title text'])],
  },
  {
    tag: '0001_price',
    statements: ['ALTER TABLE items ADD COLUMN price numeric'],
    footprint: [{ kind: 'add-column', table: 'items', column: 'price', rowsDiffer: false }],
    tables: [makeTable('items', ['id integer key', 'title text', 'price numeric null'])],
    summary: ['Items have a price now.'],
  },
]);

/** The local database is asked for something that never ends. */
const RUNAWAY = [
  ...HISTORY.slice(0, 1),
  ...makeHistory([
    {
      tag: '0000_start',
      statements: ['CREATE TABLE items (id integer PRIMARY KEY, title text)'],
      footprint: [],
      tables: [],
    },
    {
      tag: '0001_runaway',
      statements: ['DO $$ BEGIN LOOP END LOOP; END $$'],
      footprint: [],
      tables: [makeTable('items', ['id integer key', 'title text'])],
    },
  ]).slice(1),
];

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Context = Awaited<ReturnType<Browser['newContext']>>;
type Page = Awaited<ReturnType<Context['newPage']>>;

let browser: Browser;
let site: Site;
let server: MemoryServer;
let context: Context;
let prepared: Blob | null = null;

beforeAll(async () => {
  server = createMemoryServer();
  server.setHistory(HISTORY.slice(0, 1));
  server.addTable('items', ['id']);
  server.write('items', [{ key: '1', value: { id: '1', title: 'one' } }]);
  [browser, site] = await Promise.all([launchChromium(), startSite(answer)]);
  context = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe('tabs', () => {
  it('published failure: two tabs run the first migrations at once: they share one database and one leader; the next takes over; a migration reaches all; erase leaves nothing', async () => {
    // Both at once on nothing.
    const opened = await Promise.all([openTab('me'), openTab('me')]);
    const [first, second] = (await isLeader(opened[0])) ? opened : [opened[1], opened[0]];
    await expect.poll(() => titles(first)).toEqual(['one']);
    await expect.poll(() => titles(second)).toEqual(['one']);
    expect([await isLeader(first), await isLeader(second)]).toEqual([true, false]);
    expect(await second.evaluate(async () => (await tab.database?.inspect())?.dataDir)).toMatch(/^opfs-ahp:/);

    server.write('items', [{ key: '2', value: { id: '2', title: 'two', price: '1.50' } }]);
    await expect.poll(() => titles(first)).toEqual(['one', 'two']);
    await expect.poll(() => titles(second)).toEqual(['one', 'two']);

    server.takeRequests();
    await first.close();
    await expect.poll(() => isLeader(second), { timeout: 15_000 }).toBe(true);
    server.write('items', [{ key: '1', value: { id: '1', title: 'changed' } }]);
    await expect.poll(() => titles(second), { timeout: 15_000 }).toEqual(['changed', 'two']);
    expect(server.takeRequests().filter((request) => request.endsWith(' -1'))).toEqual([]);

    await context.setOffline(true);
    server.write('items', [{ key: '3', value: { id: '3', title: 'while away' } }]);
    await expect
      .poll(() => second.evaluate(() => tab.database?.status.get().kind), { timeout: 10_000 })
      .toBe('offline');
    await context.setOffline(false);
    await expect.poll(() => titles(second), { timeout: 5_000 }).toEqual(['changed', 'two', 'while away']);
    server.write('items', [{ key: '3', value: null }]);
    await expect.poll(() => titles(second), { timeout: 5_000 }).toEqual(['changed', 'two']);

    server.setHistory(HISTORY);
    await expect.poll(() => second.evaluate(() => tab.migrated), { timeout: 10_000 }).toEqual(['0001_price']);
    await expect
      .poll(() => second.evaluate(() => tab.rows.at(-1)))
      .toEqual({ id: 2, title: 'two', price: '1.50' });

    const third = await openTab('someone-else', false);
    expect(await directories(third)).toHaveLength(2);
    await second.evaluate(() => tab.database?.close({ erase: true }));
    await expect.poll(() => directories(third)).toHaveLength(1);
    expect(await second.evaluate(() => tab.errors)).toEqual([]);
    await Promise.all([second.close(), third.close()]);
  });

  it('A5: published failure: an old tab is open while a new one migrates (powersync-js #1107): the page of the newer build brings its schema along, and the older one is offered the reload', async () => {
    server.setHistory(HISTORY.slice(0, 1));
    const older = await openTab('two-builds', true, 1);
    await expect.poll(() => titles(older)).toEqual(['changed', 'two']);
    const newer = await openTab('two-builds', true, 2);
    await expect
      .poll(() => newer.evaluate(() => tab.rows.at(-1)), { timeout: 10_000 })
      .toEqual({ id: 2, title: 'two', price: null });
    await expect.poll(() => older.evaluate(() => tab.database?.status.get().isReloadOffered)).toBe(true);
    expect(await newer.evaluate(() => tab.database?.status.get().isReloadOffered)).toBe(false);
    await Promise.all([older.close(), newer.close()]);
    server.setHistory(HISTORY);
  });

  it('published failure: a statement that never ends is stopped with its worker, and the database is as it was (statement_timeout does not fire)', async () => {
    const page = await openTab('runaway');
    await expect.poll(() => titles(page)).toEqual(['changed', 'two']);
    await page.evaluate(() => tab.database?.close());
    await page.reload();
    const refused = open(page, 'runaway', RUNAWAY, 'any', 6_000);
    await expect(refused).rejects.toThrow('has given no sign of life for 6 s on the way to 0001_runaway');
    await page.reload();
    await open(page, 'runaway', HISTORY.slice(0, 1), 'any');
    await expect.poll(() => titles(page), { timeout: 15_000 }).toEqual(['changed', 'two']);
    expect(await page.evaluate(() => tab.errors)).toEqual([]);
    await page.close();
  });

  it('work without the origin private file system, also after a reload', async () => {
    const page = await openTab('me', true, 2, 'idb');
    await expect.poll(() => titles(page)).toEqual(['changed', 'two']);
    expect(await page.evaluate(async () => (await tab.database?.inspect())?.dataDir)).toMatch(/^idb:/);
    await page.evaluate(() => tab.database?.close());
    server.takeRequests();
    await page.reload();
    await open(page, 'me', HISTORY, 'idb');
    await expect.poll(() => titles(page), { timeout: 10_000 }).toEqual(['changed', 'two']);
    expect(server.takeRequests().filter((request) => request.endsWith(' -1'))).toEqual([]);
  });

  it('start a new database from a prepared one, and from nothing where there is none', async () => {
    const origin = (page: Page) =>
      page.evaluate(async () => {
        const sql = `SELECT shobj_description(oid, 'pg_database') AS origin FROM pg_database WHERE datname = 'postgres'`;
        return (await tab.database?.db.query<{ origin: string }>(sql))?.rows[0]?.origin;
      });
    prepared = await prepareDatabase();
    const first = await openTab('prepared', true, 2, 'prepared');
    await expect.poll(() => titles(first)).toEqual(['changed', 'two']);
    expect(await origin(first)).toBe('prepared');
    await first.close();
    prepared = null;
    const second = await openTab('not prepared', true, 2, 'prepared');
    await expect.poll(() => titles(second)).toEqual(['changed', 'two']);
    expect(await origin(second)).not.toBe('prepared');
    await second.close();
  });

  it('begin anew what a tab that was closed too soon had begun to create', async () => {
    const page = await context.newPage();
    await page.goto(site.url);
    await page.evaluate(
      async (name) => {
        const root = await navigator.storage.getDirectory();
        const directory = await root.getDirectoryHandle(name, { create: true });
        const file = await directory.getFileHandle('state.txt', { create: true });
        const state = { root: { type: 'directory', lastModified: 0, mode: 16384, children: {} }, pool: [] };
        const writable = await file.createWritable();
        await writable.write(JSON.stringify(state));
        await writable.close();
      },
      databaseName('tabs any', 'cut short'),
    );
    await page.close();
    const again = await openTab('cut short', true, 2);
    await expect.poll(() => titles(again)).toEqual(['changed', 'two']);
    await again.close();
  });
});

/** The API, with the files of an empty database beside it: `prepared` is null where the server has none. */
const answer: typeof fetch = async (input, init) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname !== '/api/empty-database') return server.fetch(input, init);
  return prepared === null ? new Response(null, { status: 404 }) : new Response(prepared);
};

async function prepareDatabase(): Promise<Blob> {
  const db = await PGlite.create();
  await db.exec(`COMMENT ON DATABASE postgres IS 'prepared'`);
  const files = await db.dumpDataDir('gzip');
  await db.close();
  return files;
}

async function openTab(
  scope: string,
  isAwaited = true,
  count = 1,
  storage: StorageKind = 'any',
): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(site.url);
  await open(page, scope, HISTORY.slice(0, count), storage);
  if (isAwaited)
    await expect
      .poll(() => page.evaluate(() => tab.database?.status.get().kind), { timeout: 20_000 })
      .toBe('live');
  return page;
}

async function open(
  page: Page,
  scope: string,
  migrations: readonly ReplicaMigration[],
  storage: StorageKind,
  stallMs?: number,
): Promise<void> {
  const settings: SyncSettings = {
    apiUrl: '',
    shapes: [{ name: 'items', table: 'items', audience: 'viewer' }],
    scope,
    token: null,
    bundle: { migrations: [...migrations] },
  };
  await page.waitForFunction(() => 'tab' in globalThis);
  await page.evaluate(([given, kind, ms]) => tab.open(given, kind, ms), [
    settings,
    storage,
    stallMs,
  ] as const);
}

async function titles(page: Page): Promise<unknown> {
  return page.evaluate(() => tab.rows.map((row) => (row as { title: string }).title));
}

async function isLeader(page: Page): Promise<unknown> {
  return page.evaluate(() => tab.database?.status.get().isLeader);
}

async function directories(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const names: string[] = [];
    const root = (await navigator.storage.getDirectory()) as unknown as { keys(): AsyncIterable<string> };
    for await (const name of root.keys()) names.push(name);
    return names;
  });
}
