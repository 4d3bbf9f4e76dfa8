import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { formatVersionHeader, VERSION_HEADER } from '@lockstep/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrationFact, tableFact } from '../testing/server/facts.ts';
import {
  ask,
  createWorld,
  KINDS,
  messagesOf,
  NOTES,
  problemOf,
  readShape,
  SECRET,
  type World,
} from '../testing/server/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const mine = `${NOTES}&scope=ada`;

describe('one shape', () => {
  it('has the viewer’s rows, the asked columns, and the version', async () => {
    const gateway = world.gateway();
    const response = await gateway.shape(ask(`${mine}&offset=-1`), 'notes');
    expect(response.status).toBe(200);
    expect(response.headers.get(VERSION_HEADER)).toBe(formatVersionHeader(world.migrations[0] ?? null));
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('vary')).toBe('authorization');
    expect(response.headers.get('electric-handle')).toBeTruthy();
    const { rows } = await readShape(gateway, 'notes', mine);
    expect(rows).toEqual([{ id: '1', text: 'of Ada' }]);
    const { rows: bobs } = await readShape(gateway, 'notes', `${NOTES}&scope=bob`, 'bob');
    expect(bobs).toEqual([{ id: '2', text: 'of Bob' }]);
    const { rows: nobodys } = await readShape(gateway, 'notes', `${NOTES}&scope=cleo`, 'cleo');
    expect(nobodys).toEqual([]);
  });

  it('adds the key to the columns', async () => {
    const { rows } = await readShape(world.gateway(), 'notes', 'columns="text"&scope=ada');
    expect(rows).toEqual([{ id: '1', text: 'of Ada' }]);
  });

  it('keeps Electric’s caching for a shared shape, and answers 304', async () => {
    const gateway = world.gateway();
    const response = await gateway.shape(ask(`${KINDS}&offset=-1`), 'kinds');
    expect(response.headers.get('cache-control')).toMatch(/^public, max-age=/);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
    const etag = response.headers.get('etag') as string;
    // A compressing server in between makes the tag weak.
    const again = await gateway.shape(
      ask(`${KINDS}&offset=-1`, 'bob', { headers: { 'if-none-match': `W/${etag}` } }),
      'kinds',
    );
    expect(again.status).toBe(304);
    expect(again.headers.has(VERSION_HEADER)).toBe(true);
  });

  it('tells a client to fetch again when its handle is gone, and no cache keeps that', async () => {
    const response = await world.gateway().shape(ask(`${KINDS}&offset=0_0&handle=1-1`), 'kinds');
    expect(response.status).toBe(409);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get(VERSION_HEADER)).toBe(formatVersionHeader(world.migrations[0] ?? null));
    expect(await messagesOf(response)).toEqual([{ headers: { control: 'must-refetch' } }]);
  });

  it.each<[string, string, string, string | null, number, string]>([
    ['nobody', 'notes', `${mine}&offset=-1`, null, 401, 'UNAUTHENTICATED'],
    ['another’s scope', 'notes', `${mine}&offset=-1`, 'bob', 403, 'FORBIDDEN'],
    ['an unknown shape', 'nope', 'columns=id&offset=-1', 'ada', 404, 'UNKNOWN_SHAPE'],
    [
      'a column that clients don’t see',
      'notes',
      'columns=id,secret&scope=ada&offset=-1',
      'ada',
      400,
      'UNKNOWN_COLUMN',
    ],
    ['a clause of its own', 'notes', `${mine}&offset=-1&where=true`, 'ada', 400, 'REQUEST_INVALID'],
    ['a malformed offset', 'notes', `${mine}&offset=10`, 'ada', 400, 'REQUEST_INVALID'],
    ['no offset', 'notes', mine, 'ada', 400, 'REQUEST_INVALID'],
  ])('answers a problem to %s', async (_what, name, query, person, status, code) => {
    const response = await world.gateway().shape(ask(query, person), name);
    expect(response.status).toBe(status);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get(VERSION_HEADER)).toBe(formatVersionHeader(world.migrations[0] ?? null));
    const text = JSON.stringify(await problemOf(response));
    expect(text).toContain(code);
    for (const word of [SECRET, 'owner =', 'SELECT']) expect(text).not.toContain(word);
  });
});

describe('Electric’s faults', () => {
  it('waits while Electric does not know a column that is applied', async () => {
    const ahead = [...(world.migrations[0]?.schema.tables ?? [])].map((table) =>
      table.name === 'kinds' ? tableFact('kinds', ['id', 'name', 'later']) : table,
    );
    const stillBehind = new AbortController();
    const fetchNoting: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      if (response.status === 400) stillBehind.abort();
      return response;
    };
    const gateway = world.gateway({ fetch: fetchNoting, limits: { behindRetryMs: 20 } });
    world.migrations.push(migrationFact(1, ahead));
    const query = 'columns="id","later"&version=0001_step&offset=-1';
    const waiting = gateway.shape(ask(query), 'kinds');
    await new Promise((resolve) => stillBehind.signal.addEventListener('abort', resolve));
    await world.test.query('ALTER TABLE kinds ADD COLUMN later text');
    const response = await waiting;
    expect(response.status).toBe(200);
    expect((await messagesOf(response))[0]?.value).toEqual({ id: '1', later: null });
  });

  it('gives up waiting after its limit, and says when to ask again', async () => {
    const ahead = (world.migrations[1]?.schema.tables ?? []).map((table) =>
      table.name === 'kinds' ? tableFact('kinds', ['id', 'name', 'never']) : table,
    );
    world.migrations.push(migrationFact(2, ahead));
    const gateway = world.gateway({ limits: { behindMs: 100, behindRetryMs: 20 } });
    const response = await gateway.shape(ask('columns="never"&version=0002_step&offset=-1'), 'kinds');
    world.migrations.splice(1);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await problemOf(response)).toMatchObject({ code: 'ELECTRIC_BEHIND' });
  });

  it('answers 503 when Electric is away, refuses the secret or is too slow, and never says why', async () => {
    const log: string[] = [];
    const onLog = (entry: unknown) => log.push(JSON.stringify(entry));
    const gateways = [
      world.gateway({ electricUrl: 'http://127.0.0.1:9', onLog }),
      world.gateway({ electricSecret: 'wrong', onLog }),
      world.gateway({ limits: { upstreamMs: 1 }, fetch: slowFetch, onLog }),
    ];
    for (const gateway of gateways) {
      const response = await gateway.shape(ask(`${mine}&offset=-1`), 'notes');
      expect(response.status).toBe(503);
      expect(response.headers.has('retry-after')).toBe(true);
      expect(await problemOf(response)).toMatchObject({ code: 'ELECTRIC_UNREACHABLE' });
    }
    expect(log).toHaveLength(3);
    expect(log.join()).not.toContain('secret=');
  });

  it('passes a compressed upstream through', async () => {
    const compressing = createServer((incoming, outgoing) => {
      void fetch(`${world.electric.url}${incoming.url}`).then(async (response) => {
        const headers = Object.fromEntries(response.headers);
        outgoing.writeHead(response.status, { ...headers, 'content-encoding': 'gzip' });
        outgoing.end(gzipSync(await response.text()));
      });
    });
    await new Promise<void>((resolve) => compressing.listen(0, '127.0.0.1', resolve));
    const { port } = compressing.address() as AddressInfo;
    try {
      const gateway = world.gateway({ electricUrl: `http://127.0.0.1:${port}/` });
      const response = await gateway.shape(ask(`${mine}&offset=-1`), 'notes');
      expect(response.headers.has('content-encoding')).toBe(false);
      expect(response.headers.has('content-length')).toBe(false);
      expect((await messagesOf(response))[0]?.value).toEqual({ id: '1', text: 'of Ada' });
    } finally {
      compressing.close();
      compressing.closeAllConnections();
    }
  });
});

/** Answers nothing until it is given up. */
const slowFetch: typeof fetch = (_url, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
  });
