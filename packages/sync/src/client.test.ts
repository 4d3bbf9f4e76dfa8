import { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSyncClient, type SyncClient } from './client.ts';
import type { ErrorReport, SyncSettings } from './contract.ts';
import { type HistoryStep, makeHistory, makeTable } from './testing/history.ts';
import { createMemoryServer, type MemoryServer } from './testing/memory-server.ts';

const ITEMS = ['id integer key', 'title text'];
const NOTES = ['id integer key', 'body text'];

const FIRST: HistoryStep = {
  tag: '0000_start',
  statements: [
    'CREATE TABLE items (id integer PRIMARY KEY, title text)',
    'CREATE TABLE notes (id integer PRIMARY KEY, body text)',
  ],
  footprint: [
    { kind: 'create-table', table: 'items' },
    { kind: 'create-table', table: 'notes' },
  ],
  tables: [makeTable('items', ITEMS), makeTable('notes', NOTES)],
};
const SECOND: HistoryStep = {
  tag: '0001_price',
  statements: ['ALTER TABLE items ADD COLUMN price numeric DEFAULT 7'],
  footprint: [{ kind: 'add-column', table: 'items', column: 'price', rowsDiffer: false }],
  tables: [makeTable('items', [...ITEMS, 'price numeric null']), makeTable('notes', NOTES)],
  summary: ['Items have a price now.'],
};
const RENAME: HistoryStep = {
  tag: '0002_rename',
  statements: ['ALTER TABLE notes RENAME COLUMN body TO content'],
  footprint: [{ kind: 'rename-column', table: 'notes', column: 'body', to: 'content' }],
  tables: [
    makeTable('items', [...ITEMS, 'price numeric null']),
    makeTable('notes', ['id integer key', 'content text']),
  ],
};
const HISTORY = makeHistory([FIRST, SECOND, RENAME]);

let db: PGlite;
let server: MemoryServer;
let client: SyncClient | null = null;
let errors: ErrorReport[] = [];

beforeAll(async () => {
  db = await PGlite.create();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS lockstep CASCADE;`);
  errors = [];
  server = createMemoryServer();
  server.addTable('items', ['id']);
  server.addTable('notes', ['id']);
  server.setHistory(HISTORY.slice(0, 1));
  server.write(
    'items',
    [1, 2, 3].map((id) => ({ key: String(id), value: { id: String(id), title: `t${id}`, price: '7' } })),
  );
  server.write('notes', [{ key: '1', value: { id: '1', body: 'hello' } }]);
});
afterEach(async () => {
  await client?.close();
  client = null;
});

describe('rows', () => {
  it('arrive, follow live changes, and go on after a restart without being downloaded again', async () => {
    await start(1);
    await isLive();
    expect(await rowsOf('items')).toEqual(['1 t1', '2 t2', '3 t3']);
    server.write('items', [
      { key: '2', value: { id: '2', title: 'new' } },
      { key: '1', value: null },
    ]);
    await expect.poll(() => rowsOf('items')).toEqual(['2 new', '3 t3']);
    await client?.close();
    server.takeRequests();
    server.write('notes', [{ key: '2', value: { id: '2', body: 'while away' } }]);
    await start(1);
    await isLive();
    expect(await rowsOf('notes')).toEqual(['1 hello', '2 while away']);
    expect(server.takeRequests().filter((request) => request.endsWith(' -1'))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it.each(['network', 503] as const)('survive a failure (%s), and the status says so', async (how) => {
    await start(1);
    await isLive();
    server.fail(how);
    await expect.poll(() => client?.status.get().kind).toBe('offline');
    server.fail(null);
    server.write('items', [{ key: '4', value: { id: '4', title: 't4' } }]);
    await isLive();
    expect(await rowsOf('items')).toContain('4 t4');
  });

  it('I5: are replaced after 409 without an empty table in between', async () => {
    await start(1);
    await isLive();
    const watcher = watchCounts();
    server.rotate('items');
    server.write('items', [{ key: '4', value: { id: '4', title: 't4' } }]);
    await expect.poll(() => rowsOf('items')).toEqual(['1 t1', '2 t2', '3 t3', '4 t4']);
    await expect.poll(() => watcher.seen.has(4)).toBe(true);
    await watcher.stop();
    expect(watcher.seen).toEqual(new Set([3, 4]));
    // The control: a replacement in two steps is seen by the same watcher.
    const control = watchCounts();
    await db.exec('CREATE TEMP TABLE saved AS SELECT * FROM items');
    await db.exec('DELETE FROM items');
    await expect.poll(() => control.seen.has(0)).toBe(true);
    await db.exec('INSERT INTO items SELECT * FROM saved; DROP TABLE saved');
    await control.stop();
  });

  it('that do not fit surface as a typed error, and come once they do', async () => {
    await start(1);
    await isLive();
    server.write('items', [{ key: 'x', value: { id: 'no number', title: 'broken' } }]);
    await vi.waitFor(() =>
      expect(client?.status.get()).toMatchObject({ kind: 'failed', error: { code: 'SYNC_APPLY_FAILED' } }),
    );
    expect(client?.status.get().shapes.notes?.kind).toBe('live');
    expect(errors[0]?.code).toBe('SYNC_APPLY_FAILED');
    await db.exec('ALTER TABLE items ALTER COLUMN id TYPE text');
    await isLive();
    expect(await rowsOf('items')).toContain('no number broken');
  });

  it('go by plain requests where there is no multiplexer', async () => {
    server.hasMultiplexer = false;
    await start(1);
    await isLive();
    server.write('items', [{ key: '4', value: { id: '4', title: 't4' } }]);
    await expect.poll(() => rowsOf('items')).toContain('4 t4');
  });
});

describe('migrations', () => {
  it('A5, A8: a column that the server gained is added in place, and only its table is asked for again', async () => {
    await start(1);
    await isLive();
    const states: string[] = [];
    client?.migrations.state.subscribe(({ kind }) => states.push(kind));
    server.takeRequests();
    server.write('items', [{ key: '1', value: { price: '42.50' } }]);
    server.setHistory(HISTORY.slice(0, 2));
    await expect
      .poll(() => client?.migrations.state.get())
      .toMatchObject({ kind: 'idle', last: { to: '0001_price' } });
    expect(states[0]).toBe('migrating');
    expect(await rowsOf('items')).toEqual(['1 t1 42.50', '2 t2 7', '3 t3 7']);
    expect(server.takeRequests().filter((request) => request.endsWith(' -1'))).toEqual(['items -1']);
    const state = client?.migrations.state.get();
    const last = state?.kind === 'idle' ? state.last : null;
    expect(last).toMatchObject({
      from: '0000_start',
      summary: ['Items have a price now.'],
      tables: [
        { table: 'items', kind: 'resynced', rowsKept: 3 },
        { table: 'notes', kind: 'kept', rowsKept: 1, bytesDownloaded: 0 },
      ],
    });
    expect(last?.tables[1]?.bytesNotDownloaded).toBeGreaterThan(0);
    expect(client?.migrations.getCurrentVersion()?.tag).toBe('0001_price');
    expect(client?.status.get().isReloadOffered).toBe(false);
  });

  it('A5, A10: a page that is ahead asks for what both have, and gets the rest when the server catches up', async () => {
    server.write('items', [{ key: '2', value: { price: '8.50' } }]);
    await start(2);
    await isLive();
    expect(await rowsOf('items')).toEqual(['1 t1 7', '2 t2 7', '3 t3 7']);
    server.takeRequests();
    server.setHistory(HISTORY.slice(0, 2));
    await expect.poll(() => rowsOf('items')).toEqual(['1 t1 7', '2 t2 8.50', '3 t3 7']);
    await expect
      .poll(() => client?.migrations.state.get())
      .toMatchObject({ kind: 'idle', last: { summary: ['Items have a price now.'] } });
    expect(server.takeRequests().filter((request) => request.endsWith(' -1'))).toEqual(['items -1']);
  });

  it('A5: a renamed column stops its table only, keeps its rows, and the reload is offered', async () => {
    let offers = 0;
    await start(2, { onReloadOffered: () => (offers += 1) });
    server.setHistory(HISTORY.slice(0, 2));
    await isLive();
    server.setHistory(HISTORY);
    await expect
      .poll(() => client?.status.get().shapes.notes)
      .toMatchObject({ kind: 'schema-behind', missing: ['body'] });
    expect(client?.status.get()).toMatchObject({ kind: 'live', isReloadOffered: true });
    expect(offers).toBe(1);
    server.write('items', [{ key: '4', value: { id: '4', title: 't4', price: '1' } }]);
    await expect.poll(() => rowsOf('items')).toContain('4 t4 1');
    expect(await rowsOf('notes')).toEqual(['1 hello']);
    await client?.close();
    await start(3);
    server.write('notes', [{ key: '1', value: { content: 'hello' } }]);
    await isLive();
    await expect.poll(() => rowsOf('notes')).toEqual(['1 hello']);
  });

  it('A10: a page that was updated offline moves its database and keeps its rows', async () => {
    await start(1);
    await isLive();
    await client?.close();
    server.fail('network');
    await start(2);
    expect(await rowsOf('items')).toEqual(['1 t1 7', '2 t2 7', '3 t3 7']);
    await expect
      .poll(() => client?.migrations.state.get())
      .toMatchObject({ kind: 'idle', last: { to: '0001_price' } });
    await expect.poll(() => client?.status.get().kind).toBe('offline');
  });

  it('builds the database anew where its history is not the page’s', async () => {
    const other = makeHistory([
      { ...FIRST, statements: [...FIRST.statements, 'CREATE TABLE strange (id int)'] },
    ]);
    client = createSyncClient({
      db,
      settings: { ...settings(1), bundle: { migrations: other } },
      fetch: server.fetch,
    });
    await client.start();
    await client.close();
    await start(1);
    await isLive();
    expect(await rowsOf('items')).toEqual(['1 t1', '2 t2', '3 t3']);
    expect((await db.query(`SELECT FROM pg_class WHERE relname = 'strange'`)).rows).toEqual([]);
  });

  it('A12: force asks for everything again, reset makes the next start build anew, inspect shows it', async () => {
    await start(1);
    await isLive();
    server.takeRequests();
    await client?.migrations.forceMigration();
    expect(
      server
        .takeRequests()
        .filter((request) => request.endsWith(' -1'))
        .sort(),
    ).toEqual(['items -1', 'notes -1']);
    expect(await client?.inspect()).toMatchObject({
      migrations: [{ tag: '0000_start' }],
      tables: [
        { table: 'items', shape: 'items', rows: 3, position: { offset: expect.any(String) } },
        { table: 'notes', rows: 1 },
      ],
    });
    await client?.migrations.resetMigrationState();
    await client?.close();
    await start(1);
    await isLive();
    expect(await rowsOf('items')).toEqual(['1 t1', '2 t2', '3 t3']);
  });
});

/** Counts rows between every two statements that others run: PGlite serves them in turn. */
function watchCounts() {
  const seen = new Set<number>();
  let isStopped = false;
  const done = (async () => {
    for (let turn = 0; turn < 100_000 && !isStopped; turn += 1) {
      const { rows } = await db.query<{ n: number }>('SELECT count(*)::int AS n FROM items');
      seen.add(rows[0]?.n ?? 0);
      // Queries settle in microtasks: without a pause nothing else would ever run.
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return {
    seen,
    stop() {
      isStopped = true;
      return done;
    },
  };
}

function settings(count: number): SyncSettings {
  return {
    apiUrl: 'http://127.0.0.1:9',
    shapes: ['items', 'notes'].map((name) => ({ name, table: name, audience: 'viewer' as const })),
    scope: 'me',
    token: null,
    bundle: { migrations: HISTORY.slice(0, count) },
  };
}

async function start(count: number, hooks: { readonly onReloadOffered?: () => void } = {}): Promise<void> {
  client = createSyncClient({
    db,
    settings: settings(count),
    fetch: server.fetch,
    hooks: { ...hooks, onError: (error) => errors.push(error) },
  });
  await client.start();
}

async function isLive(): Promise<void> {
  await expect.poll(() => client?.status.get().kind, { timeout: 10_000 }).toBe('live');
}

async function rowsOf(table: string): Promise<string[]> {
  const { rows } = await db.query<{ row: string }>(
    `SELECT (SELECT string_agg(coalesce(value, 'null'), ' ') FROM json_each_text(to_json(t))) AS row FROM ${table} AS t ORDER BY id`,
  );
  return rows.map(({ row }) => row);
}
