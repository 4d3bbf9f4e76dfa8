import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { type ListeningServer, serve } from '../serve.ts';
import { createShapeServer, type ShapeServer, type ShapeServerOptions } from '../server.ts';

export interface TestServer {
  readonly database: TestDatabase;
  readonly url: string;
  /** `GET /v1/shape` with this query. */
  get(query: Readonly<Record<string, string>>, init?: RequestInit): Promise<Response>;
  counters(): ShapeServer['counters'];
  /** Stops the server and starts another on the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A shape server on a database of its own, over real HTTP on a free port. */
export async function startTestServer(
  setup: readonly string[],
  options: Partial<ShapeServerOptions> = {},
): Promise<TestServer> {
  const database = await createTestDatabase('shapes');
  for (const statement of setup) await database.query(statement);
  let server: ShapeServer | null = null;
  const start = async (port: number) => {
    server = await createShapeServer({ databaseUrl: database.url, ...options });
    return serve(server, { port });
  };
  let listening: ListeningServer = await start(0);
  const { url, port } = listening;
  return {
    database,
    url,
    get: (query, init) => fetch(`${url}/v1/shape?${new URLSearchParams(query)}`, init),
    counters: () => (server as ShapeServer).counters,
    async restart() {
      await listening.close();
      listening = await start(port);
    },
    async close() {
      await listening.close();
      await database.drop();
    },
  };
}
