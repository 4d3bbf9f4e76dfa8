import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, createWorld, KINDS, messagesOf, NOTES, type World } from '../testing/server/world.ts';
import type { ShapeGateway } from './gateway.ts';

/**
 * A shared cache as RFC 9111 has it, in front of a gateway: it stores what a shared cache may (sections 3 and 3.5),
 * and answers from a stored response while it is fresh and its `vary` headers match (4.1, 4.2).
 */
function createSharedCache(origin: (request: Request) => Promise<Response>) {
  const stored: { request: Request; response: Response; vary: readonly string[] }[] = [];
  const counts = { hits: 0, misses: 0 };
  return {
    counts,
    async fetch(request: Request): Promise<Response> {
      const hit = stored.find(
        (entry) =>
          entry.request.url === request.url &&
          entry.vary.every((name) => entry.request.headers.get(name) === request.headers.get(name)),
      );
      if (hit !== undefined) {
        counts.hits += 1;
        return hit.response.clone();
      }
      counts.misses += 1;
      const response = await origin(request);
      const vary = (response.headers.get('vary') ?? '').split(',').flatMap((name) => name.trim() || []);
      if (mayStore(request, response) && !vary.includes('*')) {
        stored.push({ request, response: response.clone(), vary });
      }
      return response;
    },
  };
}

function mayStore(request: Request, response: Response): boolean {
  const directives = new Map(
    (response.headers.get('cache-control') ?? '').split(',').map((part) => {
      const [name = '', value = ''] = part.trim().toLowerCase().split('=');
      return [name, value] as const;
    }),
  );
  if (directives.has('no-store') || directives.has('private') || directives.has('no-cache')) return false;
  const isAllowed =
    !request.headers.has('authorization') || directives.has('public') || directives.has('s-maxage');
  const isFresh = Number(directives.get('s-maxage') ?? directives.get('max-age') ?? 0) > 0;
  return request.method === 'GET' && isAllowed && isFresh;
}

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

/** What Bob gets through the cache after Ada: with his own scope, and with her very URL. */
async function bobsLoot(gateway: Pick<ShapeGateway, 'shape'>): Promise<string> {
  const cache = createSharedCache((request) => gateway.shape(request, 'notes'));
  const hers = `${NOTES}&scope=ada&offset=-1`;
  await (await cache.fetch(ask(hers, 'ada'))).text();
  const answers = [ask(hers, 'bob'), ask(hers, null), ask(`${NOTES}&scope=bob&offset=-1`, 'bob')];
  const texts = [];
  for (const request of answers) texts.push(await (await cache.fetch(request)).text());
  return texts.join();
}

describe('a shared cache in front of the gateway', () => {
  it('never hands one viewer’s rows to another', async () => {
    const loot = await bobsLoot(world.gateway());
    expect(loot).toContain('of Bob');
    expect(loot).not.toContain('of Ada');
  });

  it('control: with Electric’s own caching headers it would', async () => {
    const gateway = world.gateway();
    const careless = {
      async shape(request: Request, name: string) {
        const response = await gateway.shape(request, name);
        const headers = new Headers(response.headers);
        headers.set('cache-control', 'public, max-age=60');
        headers.delete('vary');
        return new Response(response.body, { status: response.status, headers });
      },
    };
    expect(await bobsLoot(careless)).toContain('of Ada');
  });

  it('keeps one copy of a shared shape for everybody', async () => {
    const gateway = world.gateway();
    const cache = createSharedCache((request) => gateway.shape(request, 'kinds'));
    for (const person of ['ada', 'bob', 'cleo']) {
      const response = await cache.fetch(ask(`${KINDS}&offset=-1`, person));
      expect((await messagesOf(response))[0]?.value).toEqual({ id: '1', name: 'one' });
    }
    expect(cache.counts).toEqual({ hits: 2, misses: 1 });
  });
});
