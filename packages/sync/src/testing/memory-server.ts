import {
  encodeMultiplexPart,
  formatRowKey,
  formatVersionHeader,
  type MultiplexRequest,
  type ReplicaMigration,
  type RowText,
  VERSION_HEADER,
} from '@lockstep/protocol';
import { versionOf } from '../follow.ts';

/** An API with shapes in memory, for faults that a real server is hard to be brought to. The wire is the real one. */
export interface MemoryServer {
  readonly fetch: typeof fetch;
  /** Every request since the last look: `items -1`, `items 5_0 live`, `version`. */
  takeRequests(): readonly string[];
  setHistory(migrations: readonly ReplicaMigration[]): void;
  addTable(name: string, key: readonly string[]): void;
  /** One transaction. `null` deletes the row. */
  write(table: string, rows: readonly { readonly key: string; readonly value: RowText | null }[]): void;
  /** Forgets a table's handles: clients get 409. */
  rotate(table: string): void;
  /** Answers every request so until it is cleared; `network` loses the connection. */
  fail(how: number | 'network' | null): void;
  hasMultiplexer: boolean;
}

interface Logged {
  readonly lsn: number;
  readonly operation: 'insert' | 'update' | 'delete';
  readonly key: string;
  readonly value: RowText;
}

interface Table {
  readonly name: string;
  readonly key: readonly string[];
  readonly rows: Map<string, RowText>;
  readonly log: Logged[];
  epoch: number;
}

interface Snapshot {
  readonly rows: readonly (readonly [string, RowText])[];
  readonly lsn: number;
}

const ROUND_MS = 500;

/** Handles are never used twice, not even by the next server of a test file. */
let servers = 0;

export function createMemoryServer(): MemoryServer {
  const tables = new Map<string, Table>();
  const snapshots = new Map<string, Snapshot>();
  let history: readonly ReplicaMigration[] = [];
  let requests: string[] = [];
  let failure: number | 'network' | null = null;
  let lsn = 100;
  const serial = (servers += 1);
  const waiters = new Set<() => void>();

  function changed(): void {
    for (const waiter of waiters) waiter();
    waiters.clear();
  }

  function answer(name: string, query: URLSearchParams): Response | null {
    const table = tables.get(name);
    if (table === undefined) return json([], 404);
    const columns = (query.get('columns') ?? '').split(',').map((column) => column.slice(1, -1));
    const handle = `${name}-${columns.join('-')}-${serial}.${table.epoch}`;
    const offset = query.get('offset') ?? '-1';
    if (offset === '-1') {
      const snapshot = snapshots.get(handle) ?? { rows: [...table.rows], lsn };
      snapshots.set(handle, snapshot);
      const rows = snapshot.rows.map(([key, value]) => message(table, 'insert', key, pick(value, columns)));
      return shapeAnswer(handle, '0_0', [...rows, { headers: { control: 'snapshot-end' } }], false);
    }
    const start = snapshots.get(handle);
    if (query.get('handle') !== handle || start === undefined) {
      return json([{ headers: { control: 'must-refetch' } }], 409, { 'electric-handle': handle });
    }
    const after = offset.startsWith('0_') ? start.lsn : Number(offset.split('_')[0]);
    const log = table.log.filter((entry) => entry.lsn > after);
    if (log.length === 0 && query.get('live') === 'true') return null;
    const rows = log.map((entry) =>
      message(table, entry.operation, entry.key, pick(entry.value, columns), entry.lsn),
    );
    const next = log.length === 0 ? offset : `${log.at(-1)?.lsn}_0`;
    return shapeAnswer(handle, next, rows, true);
  }

  async function answerLive(request: MultiplexRequest, signal: AbortSignal | null): Promise<Response> {
    const until = Date.now() + ROUND_MS;
    for (;;) {
      if (failure === 'network') throw new TypeError('fetch failed');
      const parts: Uint8Array[] = [];
      for (const { id, shape, query } of request.requests) {
        const part = answer(shape, new URLSearchParams(query));
        if (part === null) continue;
        const headers = Object.fromEntries(part.headers);
        parts.push(
          encodeMultiplexPart({
            id,
            status: part.status,
            headers,
            body: new Uint8Array(await part.arrayBuffer()),
          }),
        );
      }
      const isNewVersion = request.seen !== undefined && request.seen !== header();
      if (parts.length > 0 || isNewVersion || Date.now() >= until)
        return new Response(new Blob(parts as BlobPart[]));
      await waitForChange(signal, until);
    }
  }

  async function waitForChange(signal: AbortSignal | null, until: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      waiters.add(resolve);
      setTimeout(resolve, until - Date.now()).unref();
    });
  }

  const header = () => formatVersionHeader(versionOf(history));

  async function handle(url: URL, init: RequestInit): Promise<Response> {
    if (failure === 'network') throw new TypeError('fetch failed');
    if (failure !== null) return json({ message: 'No.' }, failure);
    if (url.pathname === '/api/electric/version') return json({});
    if (url.pathname === '/api/electric/migrations') {
      const after = url.searchParams.get('after');
      const index = history.findIndex(({ tag }) => tag === after);
      return after !== null && index === -1
        ? json({}, 404)
        : json({ data: { migrations: history.slice(index + 1) } });
    }
    if (url.pathname === '/api/shapes/live') {
      return server.hasMultiplexer
        ? answerLive(JSON.parse(init.body as string) as MultiplexRequest, init.signal ?? null)
        : json({}, 404);
    }
    const name = url.pathname.split('/').at(-1) ?? '';
    for (let rounds = 0; rounds < 1_000; rounds += 1) {
      const response = answer(name, url.searchParams);
      if (response !== null) return response;
      await waitForChange(init.signal ?? null, Date.now() + ROUND_MS);
    }
    throw new Error('Waited too long.');
  }

  const server: MemoryServer = {
    hasMultiplexer: true,
    fetch: async (input, init = {}) => {
      const url = new URL(input instanceof Request ? input.url : input);
      requests.push(describe(url, init));
      init.signal?.throwIfAborted();
      const response = await handle(url, init);
      const headers = new Headers(response.headers);
      headers.set(VERSION_HEADER, header());
      return new Response(response.body, { status: response.status, headers });
    },
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    setHistory(migrations) {
      history = migrations;
      changed();
    },
    addTable(name, key) {
      tables.set(name, { name, key, rows: new Map(), log: [], epoch: 1 });
    },
    write(name, rows) {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`No table ${name}`);
      lsn += 1;
      for (const { key, value } of rows) {
        const before = table.rows.get(key);
        const operation = value === null ? 'delete' : before === undefined ? 'insert' : 'update';
        if (value === null) table.rows.delete(key);
        else table.rows.set(key, { ...before, ...value });
        table.log.push({ lsn, operation, key, value: value ?? before ?? {} });
      }
      changed();
    },
    rotate(name) {
      const table = tables.get(name);
      if (table !== undefined) table.epoch += 1;
      changed();
    },
    fail(how) {
      failure = how;
      changed();
    },
  };
  return server;
}

function message(table: Table, operation: Logged['operation'], key: string, value: RowText, lsn?: number) {
  return {
    key: formatRowKey('public', table.name, [key]),
    value,
    headers: {
      operation,
      relation: ['public', table.name],
      ...(lsn === undefined ? {} : { lsn: String(lsn) }),
    },
  };
}

function pick(row: RowText, columns: readonly string[]): RowText {
  return Object.fromEntries(columns.flatMap((name) => (name in row ? [[name, row[name] ?? null]] : [])));
}

function shapeAnswer(
  handle: string,
  offset: string,
  messages: readonly object[],
  isUpToDate: boolean,
): Response {
  const body = isUpToDate ? [...messages, { headers: { control: 'up-to-date' } }] : messages;
  return json(body, 200, {
    'electric-handle': handle,
    'electric-offset': offset,
    'electric-schema': '{"id":{"type":"int4","pk_index":0,"not_null":true}}',
    'electric-cursor': String(Date.now()),
    ...(isUpToDate ? { 'electric-up-to-date': '' } : {}),
  });
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

function describe(url: URL, init: RequestInit): string {
  const name = url.pathname.split('/').at(-1) ?? '';
  if (name === 'live') {
    const { requests } = JSON.parse(init.body as string) as MultiplexRequest;
    return `live(${requests.map(({ shape }) => shape).join(',')})`;
  }
  const offset = url.searchParams.get('offset');
  return [name, ...(offset === null ? [] : [offset]), ...(url.searchParams.has('live') ? ['live'] : [])].join(
    ' ',
  );
}
