import {
  decodeMultiplexParts,
  formatVersionHeader,
  MULTIPLEX_CONTENT_TYPE,
  type MultiplexRequest,
  parseVersionHeader,
  VERSION_HEADER,
} from '@lockstep/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { migrationFact } from '../testing/server/facts.ts';
import {
  ask,
  createWorld,
  KINDS,
  LONG_POLL_MS,
  type Message,
  NOTES,
  problemOf,
  readShape,
  type World,
} from '../testing/server/world.ts';
import type { ShapeGateway } from './gateway.ts';
import type { GatewayLimits } from './limits.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

function round(body: MultiplexRequest | string, person = 'ada', signal?: AbortSignal): Request {
  return ask('', person, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function partsOf(response: Response) {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return decodeMultiplexParts(new Uint8Array(await response.arrayBuffer())).map((part) => ({
    ...part,
    json: JSON.parse(new TextDecoder().decode(part.body)) as unknown,
  }));
}

/** Both shapes read to their end, ready for live requests. */
async function bothShapes(gateway: ShapeGateway): Promise<MultiplexRequest> {
  const notes = await readShape(gateway, 'notes', `${NOTES}&scope=ada`);
  const kinds = await readShape(gateway, 'kinds', KINDS);
  return {
    requests: [
      { id: 'n', shape: 'notes', query: notes.live },
      { id: 'k', shape: 'kinds', query: kinds.live },
    ],
  };
}

/** A gateway whose requests to Electric are counted while they are open. */
function countingGateway(limits: Partial<GatewayLimits> = {}) {
  const open = new Set<unknown>();
  const gateway = world.gateway({
    limits: { keepMs: 20, ...limits },
    fetch: async (url, init) => {
      const request = {};
      open.add(request);
      return fetch(url, init).finally(() => open.delete(request));
    },
  });
  return { gateway, open };
}

const valuesOf = (json: unknown) =>
  (json as Message[]).flatMap(({ value }) => (value === undefined ? [] : [value]));

describe('a round of live requests', () => {
  it('answers as soon as one shape has something, and lets go of the others', async () => {
    const { gateway, open } = countingGateway();
    const asked = await bothShapes(gateway);
    const waiting = gateway.live(round(asked));
    await vi.waitFor(() => expect(open.size).toBe(2));
    await world.test.query(`INSERT INTO kinds VALUES (2, 'two')`);
    const response = await waiting;
    expect(response.headers.get('content-type')).toBe(MULTIPLEX_CONTENT_TYPE);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get(VERSION_HEADER)).toBe(formatVersionHeader(world.migrations[0] ?? null));
    const [part, ...others] = await partsOf(response);
    expect(others).toEqual([]);
    expect(part).toMatchObject({ id: 'k', status: 200 });
    expect(part?.headers['electric-offset']).toMatch(/^\d+_\d+$/);
    expect(part?.headers[VERSION_HEADER]).toBe(response.headers.get(VERSION_HEADER));
    expect(valuesOf(part?.json)).toEqual([{ id: '2', name: 'two' }]);
    await vi.waitFor(() => expect(open.size).toBe(0));
  });

  it('brings a transaction over two tables in one answer', async () => {
    const { gateway, open } = countingGateway({ settleMs: 500 });
    const waiting = gateway.live(round(await bothShapes(gateway)));
    await vi.waitFor(() => expect(open.size).toBe(2));
    await world.test.query(
      `WITH kind AS (INSERT INTO kinds VALUES (3, 'three')) INSERT INTO notes VALUES (3, 'ada', 'third', 'x')`,
    );
    const parts = await partsOf(await waiting);
    expect(parts.map(({ id }) => id).toSorted()).toEqual(['k', 'n']);
  });

  it('never has another viewer’s rows', async () => {
    const { gateway, open } = countingGateway();
    const waiting = gateway.live(round(await bothShapes(gateway)));
    await vi.waitFor(() => expect(open.size).toBe(2));
    await world.test.query(`INSERT INTO notes VALUES (4, 'bob', 'of Bob', 'y')`);
    await world.test.query(`INSERT INTO notes VALUES (5, 'ada', 'of Ada', 'y')`);
    const [part] = await partsOf(await waiting);
    expect(valuesOf(part?.json)).toEqual([{ id: '5', text: 'of Ada' }]);
  });

  it('says after Electric’s long-poll time that nothing happened', async () => {
    const gateway = world.gateway();
    const asked = await bothShapes(gateway);
    const startedAt = performance.now();
    const parts = await partsOf(await gateway.live(round(asked)));
    expect(performance.now() - startedAt).toBeGreaterThan(LONG_POLL_MS / 2);
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.every(({ headers }) => headers['electric-has-data'] === 'false')).toBe(true);
  });

  it('leaves out what does not come in time', async () => {
    const gateway = world.gateway({ limits: { roundMs: 30 } });
    const asked = await bothShapes(gateway);
    expect(await partsOf(await gateway.live(round(asked)))).toEqual([]);
  });

  it('A5: ends at once when a migration is deployed, so that clients learn of it', async () => {
    const { gateway, open } = countingGateway();
    const asked = await bothShapes(gateway);
    const seen = formatVersionHeader(world.migrations[0] ?? null);
    const waiting = gateway.live(round({ ...asked, seen }));
    await vi.waitFor(() => expect(open.size).toBe(2));
    world.migrations.push(migrationFact(1, world.migrations[0]?.schema.tables ?? []));
    const deployedAt = performance.now();
    const response = await waiting;
    expect(performance.now() - deployedAt).toBeLessThan(LONG_POLL_MS / 2);
    expect(parseVersionHeader(response.headers.get(VERSION_HEADER) as string)?.tag).toBe('0001_step');
    expect(await partsOf(response)).toEqual([]);
    // A client that missed it between two rounds hears of it in the next.
    const late = await gateway.live(round({ ...asked, seen }));
    expect(performance.now() - deployedAt).toBeLessThan(LONG_POLL_MS / 2);
    expect(parseVersionHeader(late.headers.get(VERSION_HEADER) as string)?.tag).toBe('0001_step');
  });

  it('ends its requests to Electric when the client leaves', async () => {
    const { gateway, open } = countingGateway();
    const asked = await bothShapes(gateway);
    const client = new AbortController();
    const waiting = gateway.live(round(asked, 'ada', client.signal));
    await vi.waitFor(() => expect(open.size).toBe(2));
    const single = gateway.shape(
      ask(asked.requests[0]?.query ?? '', 'ada', { signal: client.signal }),
      'notes',
    );
    await vi.waitFor(() => expect(open.size).toBe(2));
    client.abort();
    await waiting;
    expect((await single).status).toBe(499);
    await vi.waitFor(() => expect(open.size).toBe(0));
  });

  it('holds on to the polls of a round for the next one', async () => {
    const { gateway, open } = countingGateway({ keepMs: 1_000 });
    const asked = await bothShapes(gateway);
    const waiting = gateway.live(round(asked));
    await vi.waitFor(() => expect(open.size).toBe(2));
    await world.test.query(`INSERT INTO kinds VALUES (20, 'twenty')`);
    await waiting;
    await world.test.query(`INSERT INTO notes VALUES (20, 'ada', 'while nobody asked', 'x')`);
    // The answer came to the poll of the first round, between the two.
    await vi.waitFor(() => expect(open.size).toBe(0));
    const notes = asked.requests.filter(({ id }) => id === 'n');
    const [part] = await partsOf(await gateway.live(round({ requests: notes })));
    expect(valuesOf(part?.json)).toEqual([{ id: '20', text: 'while nobody asked' }]);
    gateway.close();
  });

  it('is answered when the server stops, and refused after that', async () => {
    const { gateway, open } = countingGateway();
    const asked = await bothShapes(gateway);
    const waiting = gateway.live(round(asked));
    const single = gateway.shape(ask(asked.requests[1]?.query ?? ''), 'kinds');
    // The same poll serves both.
    await vi.waitFor(() => expect(open.size).toBe(2));
    gateway.close();
    expect(await partsOf(await waiting)).toEqual([]);
    expect(await problemOf(await single)).toMatchObject({ status: 503, code: 'SERVER_STOPPING' });
    expect(await problemOf(await gateway.live(round(asked)))).toMatchObject({ code: 'SERVER_STOPPING' });
  });

  it('answers a fault of one shape as that shape’s part', async () => {
    const gateway = world.gateway();
    const asked = await bothShapes(gateway);
    const others = asked.requests.map((request) => ({
      ...request,
      query: request.query.replace('ada', 'bob'),
    }));
    const requests = [{ id: 'x', shape: 'nope', query: 'columns=id&offset=-1' }, ...others];
    const parts = await partsOf(await gateway.live(round({ requests })));
    expect(parts.find(({ id }) => id === 'x')).toMatchObject({
      status: 404,
      json: { code: 'UNKNOWN_SHAPE' },
    });
    expect(parts.find(({ id }) => id === 'n')).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
  });

  it.each<[string, MultiplexRequest | string, number, string]>([
    ['no JSON', '{', 400, 'REQUEST_INVALID'],
    ['no requests', { requests: [] }, 400, 'REQUEST_INVALID'],
    [
      'one id twice',
      { requests: [1, 2].map(() => ({ id: 'a', shape: 'kinds', query: 'columns=id' })) },
      400,
      'REQUEST_INVALID',
    ],
    [
      'too many shapes',
      { requests: [1, 2, 3, 4].map((id) => ({ id: `${id}`, shape: 'kinds', query: 'columns=id' })) },
      400,
      'REQUEST_INVALID',
    ],
    ['too large a body', ' '.repeat(2_001), 413, 'BODY_TOO_LARGE'],
  ])('refuses %s', async (_what, body, status, code) => {
    const gateway = world.gateway({ limits: { shapesPerRound: 3, bodyBytes: 2_000 } });
    const response = await gateway.live(round(body));
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ code });
  });

  it('allows each viewer so many at once', async () => {
    const gateway = world.gateway({ limits: { roundsPerViewer: 1 } });
    const asked = await bothShapes(gateway);
    const client = new AbortController();
    const first = gateway.live(round(asked, 'ada', client.signal));
    const second = await gateway.live(round(asked));
    expect(second.status).toBe(429);
    expect(second.headers.get('retry-after')).toBe('5');
    expect(await problemOf(second)).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    client.abort();
    await first;
    await world.test.query(`INSERT INTO kinds VALUES (9, 'nine')`);
    expect((await gateway.live(round(asked))).status).toBe(200);
  });
});
