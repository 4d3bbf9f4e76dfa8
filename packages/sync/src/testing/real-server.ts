import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import {
  API_PATHS,
  formatVersionHeader,
  type ReplicaMigration,
  type ShapeCatalogue,
  VERSION_HEADER,
} from '@lockstep/protocol';
import { createShapeServer } from '@lockstep/shape-server';
import { versionOf } from '../follow.ts';
import { createAppliedState, createShapeGateway } from '../server/index.ts';

/** The real chain without sockets: Postgres, the embedded shape server, the gateway, and an API's three routes. */
export interface RealServer {
  readonly database: TestDatabase;
  readonly fetch: typeof fetch;
  /** Shape requests and their bodies' sizes since the last look. */
  takeTraffic(): readonly { readonly request: string; readonly bytes: number }[];
  /** Runs a migration's statements in Postgres, or only announces it. */
  deploy(migration: ReplicaMigration, statements?: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function startRealServer(shapes: ShapeCatalogue<string>): Promise<RealServer> {
  const database = await createTestDatabase('sync');
  const shapeServer = await createShapeServer({ databaseUrl: database.url, longPollMs: 3_000 });
  const deployed: ReplicaMigration[] = [];
  let traffic: { request: string; bytes: number }[] = [];
  const gateway = createShapeGateway<string>({
    electricUrl: 'http://127.0.0.1:3000',
    fetch: (input, init) => shapeServer.fetch(new Request(input, init)),
    shapes,
    viewer: async () => 'me',
    scopeOf: (viewer) => viewer,
    applied: createAppliedState({
      staleMs: 20,
      watchMs: 20,
      source: { mark: async () => String(deployed.length), migrations: async () => [...deployed] },
    }),
  });

  async function route(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === API_PATHS.live) return gateway.live(request);
    const shape = /^\/api\/shapes\/(\w+)$/.exec(url.pathname)?.[1];
    if (shape !== undefined) return gateway.shape(request, shape);
    const headers = { [VERSION_HEADER]: formatVersionHeader(versionOf(deployed)) };
    if (url.pathname === API_PATHS.version) return Response.json({}, { headers });
    const after = deployed.findIndex(({ tag }) => tag === url.searchParams.get('after'));
    return Response.json({ data: { migrations: deployed.slice(after + 1) } }, { headers });
  }

  return {
    database,
    async fetch(input, init) {
      const request = new Request(input, init);
      const response = await route(request);
      request.signal.throwIfAborted();
      const body = await response.arrayBuffer();
      const url = new URL(request.url);
      const offset = url.searchParams.get('offset');
      traffic.push({
        request: `${url.pathname.split('/').at(-1)}${offset === null ? '' : ` ${offset}`}`,
        bytes: body.byteLength,
      });
      const hasBody = response.status !== 304 && response.status !== 204;
      return new Response(hasBody ? body : null, { status: response.status, headers: response.headers });
    },
    takeTraffic() {
      const taken = traffic;
      traffic = [];
      return taken;
    },
    async deploy(migration, statements = migration.replica.statements) {
      for (const sql of statements) await database.query(sql);
      deployed.push(migration);
    },
    async close() {
      gateway.close();
      await shapeServer.close();
      await database.drop();
    },
  };
}
