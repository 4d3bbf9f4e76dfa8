import { encodeMultiplexPart, type MultiplexRequest } from '@lockstep/protocol';
import { describe, expect, it } from 'vitest';
import { createMultiplexer } from './multiplex.ts';

interface Round {
  readonly shapes: readonly string[];
  readonly seen: string | undefined;
  readonly signal: AbortSignal;
  /** Answers these shapes. */
  answer(...shapes: readonly string[]): void;
  respond(response: Response): void;
  fail(error: unknown): void;
}

describe('live requests of many shapes', () => {
  it('share a round; those that an answer leaves out are asked again in the next', async () => {
    const { ask, nextRound } = setUp();
    const items = ask('items');
    const notes = ask('notes');
    const first = await nextRound();
    expect(first.shapes).toEqual(['items', 'notes']);
    expect(first.seen).toBe('0001;index=1');
    first.answer('notes');
    expect(await (await notes.response).text()).toBe('notes!');
    const second = await nextRound();
    expect(second.shapes).toEqual(['items']);
    second.answer('items');
    expect((await items.response).headers.get('electric-handle')).toBe('h-items');
  });

  it('a newcomer joins at once: the round is cut short and sent again with it', async () => {
    const { ask, nextRound } = setUp();
    void ask('items');
    const first = await nextRound();
    void ask('notes');
    const second = await nextRound();
    expect(first.signal.aborted).toBe(true);
    expect(second.shapes).toEqual(['items', 'notes']);
  });

  it('an aborted request leaves the others alone; the last one ends the round', async () => {
    const { ask, nextRound } = setUp();
    const items = ask('items');
    const notes = ask('notes');
    const round = await nextRound();
    items.controller.abort(new Error('no longer'));
    await expect(items.response).rejects.toThrow('no longer');
    expect(round.signal.aborted).toBe(false);
    notes.controller.abort(new Error('neither'));
    await expect(notes.response).rejects.toThrow('neither');
    expect(round.signal.aborted).toBe(true);
  });

  it('a lost network fails every request of the round, a cut answer too', async () => {
    const { ask, nextRound } = setUp();
    const items = ask('items');
    const notes = ask('notes');
    const lost = Promise.allSettled([items.response, notes.response]);
    (await nextRound()).fail(new TypeError('gone'));
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = ask('items');
    const cut = Promise.allSettled([again.response]);
    (await nextRound()).respond(new Response(part('items').slice(0, -3) as Uint8Array<ArrayBuffer>));
    expect(await cut).toMatchObject([
      { status: 'rejected', reason: { message: expect.stringContaining('ends inside') } },
    ]);
  });

  it('an error of the endpoint is everybody’s, with its headers', async () => {
    const { ask, nextRound } = setUp();
    const items = ask('items');
    (await nextRound()).respond(new Response('{}', { status: 503, headers: { 'retry-after': '7' } }));
    const response = await items.response;
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '7']);
  });

  it('goes on alone, for good, where there is no such endpoint', async () => {
    const { ask, nextRound, alone } = setUp();
    const items = ask('items');
    (await nextRound()).respond(new Response('', { status: 404 }));
    expect(await (await items.response).text()).toBe('alone');
    expect(await (await ask('notes').response).text()).toBe('alone');
    expect(alone).toEqual(['/api/shapes/items?live=true', '/api/shapes/notes?live=true']);
  });
});

function part(shape: string, id = '1'): Uint8Array {
  const body = new TextEncoder().encode(`${shape}!`);
  return encodeMultiplexPart({ id, status: 200, headers: { 'electric-handle': `h-${shape}` }, body });
}

function setUp() {
  const rounds: Round[] = [];
  const waiting: ((round: Round) => void)[] = [];
  const alone: string[] = [];
  const multiplexer = createMultiplexer({
    url: 'http://127.0.0.1/api/shapes/live',
    headers: () => ({}),
    seen: () => '0001;index=1',
    fetch: (input, init = {}) => {
      const url = new URL(input as string | URL);
      if (!url.pathname.endsWith('/live')) {
        alone.push(`${url.pathname}${url.search}`);
        return Promise.resolve(new Response('alone'));
      }
      const { requests, seen } = JSON.parse(init.body as string) as MultiplexRequest;
      return new Promise((resolve, reject) => {
        const signal = init.signal as AbortSignal;
        signal.addEventListener('abort', () => reject(signal.reason));
        const round: Round = {
          shapes: requests.map(({ shape }) => shape),
          seen,
          signal,
          answer: (...shapes) => {
            const chosen = requests.filter(({ shape }) => shapes.includes(shape));
            resolve(new Response(new Blob(chosen.map(({ shape, id }) => part(shape, id) as BlobPart))));
          },
          respond: resolve,
          fail: reject,
        };
        const next = waiting.shift();
        if (next === undefined) rounds.push(round);
        else next(round);
      });
    },
  });
  return {
    alone,
    nextRound: () =>
      new Promise<Round>((resolve) => {
        const round = rounds.shift();
        if (round === undefined) waiting.push(resolve);
        else resolve(round);
      }),
    ask: (shape: string) => {
      const controller = new AbortController();
      const url = new URL(`http://127.0.0.1/api/shapes/${shape}?live=true`);
      return { controller, response: multiplexer.fetch({ shape, url, init: { signal: controller.signal } }) };
    },
  };
}
