import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import {
  PROBLEM_CONTENT_TYPE,
  type Problem,
  type ReplicaMigration,
  type ShapeCatalogue,
} from '@lockstep/protocol';
import { createShapeServer, type ListeningServer, serve } from '@lockstep/shape-server';
import { type AppliedState, createAppliedState } from '../../server/applied.ts';
import { createShapeGateway, type ShapeGateway } from '../../server/gateway.ts';
import type { ShapeGatewayOptions } from '../../server/options.ts';
import { migrationFact, tableFact } from './facts.ts';

export const SECRET = 'a-secret-of-the-servers';
export const LONG_POLL_MS = 1_500;

export interface Person {
  readonly name: string;
}

/** `notes` are the person's own, `kinds` everybody's. */
const catalogue: ShapeCatalogue<Person> = {
  notes: {
    table: 'notes',
    audience: 'viewer',
    rows: ({ name }) => ({ sql: 'owner = $1', params: [name] }),
  },
  kinds: { table: 'kinds', audience: 'shared', rows: () => null },
};

/** A Postgres with two tables, a shape server on it, and the history that the gateway is told of. */
export interface World {
  readonly test: TestDatabase;
  readonly electric: ListeningServer;
  /** What is announced as applied; a test pushes to deploy. */
  readonly migrations: ReplicaMigration[];
  readonly applied: AppliedState;
  gateway(options?: Partial<ShapeGatewayOptions<Person>>): ShapeGateway;
  close(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const test = await createTestDatabase('gateway');
  await test.query(
    `CREATE TABLE notes (id integer PRIMARY KEY, owner text NOT NULL, text text, secret text)`,
  );
  await test.query(`CREATE TABLE kinds (id integer PRIMARY KEY, name text)`);
  await test.query(`INSERT INTO kinds VALUES (1, 'one')`);
  await test.query(`INSERT INTO notes VALUES (1, 'ada', 'of Ada', 'x'), (2, 'bob', 'of Bob', 'y')`);
  const electric = await serve(
    await createShapeServer({ databaseUrl: test.url, secret: SECRET, longPollMs: LONG_POLL_MS }),
    { port: 0 },
  );
  const migrations = [
    migrationFact(0, [tableFact('notes', ['id', 'owner', 'text']), tableFact('kinds', ['id', 'name'])]),
  ];
  const applied = createAppliedState({
    source: { mark: async () => String(migrations.length), migrations: async () => [...migrations] },
    staleMs: 0,
    watchMs: 20,
  });
  return {
    test,
    electric,
    migrations,
    applied,
    gateway: (options = {}) =>
      createShapeGateway({
        electricUrl: electric.url,
        electricSecret: SECRET,
        shapes: catalogue,
        viewer: async (request) => personOf(request),
        scopeOf: ({ name }) => name,
        applied,
        ...options,
      }),
    async close() {
      await electric.close();
      await test.drop();
    },
  };
}

function personOf(request: Request): Person | null {
  const token = request.headers.get('authorization');
  return token === null ? null : { name: token.replace('Bearer ', '') };
}

export const NOTES = 'columns="id","text"&version=0000_step';
export const KINDS = 'columns="id","name"&version=0000_step';

export function ask(query: string, person: string | null = 'ada', init: RequestInit = {}): Request {
  const headers = new Headers(init.headers);
  if (person !== null) headers.set('authorization', `Bearer ${person}`);
  return new Request(`http://gateway.test/shapes/x?${query}`, { ...init, headers });
}

export async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get('content-type') !== PROBLEM_CONTENT_TYPE) {
    throw new Error(`Not a problem: ${response.status} ${await response.text()}`);
  }
  return (await response.json()) as Problem;
}

export interface Message {
  readonly key?: string;
  readonly value?: Readonly<Record<string, string | null>>;
  readonly headers: Readonly<Record<string, unknown>>;
}

export async function messagesOf(response: Response): Promise<readonly Message[]> {
  return (await response.json()) as readonly Message[];
}

/** Reads a shape to its end and answers its rows and the query of the next live request. */
export async function readShape(
  gateway: ShapeGateway,
  name: string,
  query: string,
  person = 'ada',
): Promise<{ readonly rows: readonly unknown[]; readonly live: string }> {
  const rows: unknown[] = [];
  let position = 'offset=-1';
  for (let request = 0; request < 20; request++) {
    const response = await gateway.shape(ask(`${query}&${position}`, person), name);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const { headers } = response;
    position = `offset=${headers.get('electric-offset')}&handle=${headers.get('electric-handle')}`;
    for (const { value } of await messagesOf(response)) if (value !== undefined) rows.push(value);
    if (headers.has('electric-up-to-date')) return { rows, live: `${query}&${position}&live=true` };
  }
  throw new Error('The shape has no end.');
}
