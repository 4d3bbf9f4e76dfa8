import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { closedFolder, createTestDatabase, isPortFree } from '@lockstep/local-postgres';
import { createShapeServer, serve } from '@lockstep/shape-server';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ROOT } from '../root.ts';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';
import {
  type DevStack,
  freePorts,
  type PortVariable,
  processesOf,
  type StackPorts,
  startDev,
} from '../testing/dev-stack.ts';

/** Several whole starts and commands in one test; a machine that does other things, too, takes its time. */
const WHOLE_RUN_TIMEOUT_MS = 240_000;

/** The real command, in a copy of this checkout with data of its own. */
vi.setConfig({ testTimeout: WHOLE_RUN_TIMEOUT_MS });
let checkout: Checkout;
let ports: StackPorts;
const started: DevStack[] = [];

beforeAll(async () => {
  checkout = copyCheckout();
  ports = await freePorts();
});
afterEach(async () => {
  for (const stack of started.splice(0)) {
    stack.signal('SIGTERM');
    await stack.exit;
  }
});
afterAll(() => checkout.remove());

const dev = (env: Readonly<Record<string, string>> = {}, user: Parameters<typeof startDev>[2] = null) => {
  const stack = startDev(checkout, { ...ports, ...env }, user);
  started.push(stack);
  return stack;
};

const query = async (
  sql: string,
  url = `postgresql://postgres:lockstep@127.0.0.1:${ports.POSTGRES_PORT}/lockstep`,
) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};
const countTasks = async (url?: string) =>
  (await query('SELECT count(*)::int AS tasks FROM tasks', url))[0]?.tasks;

const hasEstimate = async () =>
  (
    await query(
      "SELECT 1 FROM information_schema.columns WHERE table_name = 'tasks' AND column_name = 'estimate'",
    )
  ).length === 1;

const isRoot = process.getuid?.() === 0;

test('F2: one command starts everything on loopback; a demo comes and goes; Ctrl-C stops it all', async () => {
  const refused = (command: Promise<string>) =>
    expect(command).rejects.toThrow(/not running\.\nStart it in another/);
  await Promise.all([refused(checkout.run('db:dev')), refused(checkout.run('demo:change', ['--undo']))]);

  const stack = dev();
  await stack.ready;
  const web = `http://127.0.0.1:${ports.WEB_PORT}`;
  expect(await (await fetch(web)).text()).toContain('<title>Lockstep</title>');
  expect(await (await fetch(`${web}/api/health`)).json()).toMatchObject({ status: 'ok', electric: 'ok' });
  expect(await countTasks()).toBe(5_000);
  for (const port of Object.values(ports)) expect(await reachableFromOutside(Number(port))).toEqual([]);

  const second = dev();
  expect(await second.exit).toBe(1);
  expect(second.output().trim().split('\n')).toEqual([
    expect.stringMatching(/^PORT_IN_USE: The stack of this checkout runs already, as process \d+: http/),
    expect.stringContaining('Ctrl-C'),
  ]);

  const schema = checkout.read('packages/core/src/schema/tasks.ts');
  await checkout.run('demo:change');
  expect(await hasEstimate()).toBe(true);
  expect(stack.output()).toContain('The schema changed. Run `pnpm db:dev`');
  const changed = checkout.read('packages/core/src/schema/tasks.ts');
  expect(await checkout.run('demo:change', ['--undo'])).toContain('The demo is taken back.');
  expect(await hasEstimate()).toBe(false);
  expect(checkout.read('packages/core/src/schema/tasks.ts')).toBe(schema);
  // A demo that was interrupted after its first step is taken back, too.
  checkout.write('packages/core/src/schema/tasks.ts', changed);
  expect(await checkout.run('demo:change', ['--undo'])).toContain('The demo is taken back.');
  expect(checkout.read('packages/core/src/schema/tasks.ts')).toBe(schema);
  expect(await checkout.run('db:dev')).toContain('The database is up to date.');

  stack.signal('SIGINT', 'group');
  expect(await stack.exit).toBe(0);
  expect(stack.output().match(/Migrations proxy/g)).toHaveLength(1);
  expect(stack.output()).toMatch(/Stopping…\nStopped\. [^\n]*\n$/);
  expect(stack.output()).not.toMatch(/error/i);
  expect(processesOf(checkout)).toEqual([]);
  expect(existsSync(`${checkout.path}/.data/stack.json`)).toBe(false);
});

test.each<[PortVariable, string]>([
  ['POSTGRES_PORT', 'Postgres'],
  ['API_PORT', 'The API'],
])('a busy %s is two lines with the way out, and nothing stays', async (variable, part) => {
  const other = await occupy(Number(ports[variable]));
  try {
    const stack = dev();
    expect(await stack.exit).toBe(1);
    expect(stack.output().trim().split('\n')).toEqual([
      `PORT_IN_USE: ${part} needs port ${ports[variable]}, which another program uses.`,
      expect.stringMatching(new RegExp(`another port: ${variable}=\\d+ pnpm dev$`)),
    ]);
    expect(processesOf(checkout)).toEqual([]);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test('DATABASE_URL and ELECTRIC_URL replace the embedded parts', async () => {
  const database = await createTestDatabase('stack');
  const shapes = await createShapeServer({ databaseUrl: database.url });
  const listener = await serve(shapes, { port: 0 });
  try {
    const stack = dev({ DATABASE_URL: database.url, ELECTRIC_URL: listener.url });
    await stack.ready;
    const health = await fetch(`http://127.0.0.1:${ports.API_PORT}/api/health`);
    expect(await health.json()).toMatchObject({ status: 'ok', electric: 'ok' });
    expect(await countTasks(database.url)).toBe(5_000);
    expect(await isPortFree(Number(ports.POSTGRES_PORT))).toBe(true);
    expect(await isPortFree(Number(ports.ELECTRIC_PORT))).toBe(true);
    stack.signal('SIGTERM');
    expect(await stack.exit).toBe(0);
    // The database is somebody else's: it goes on.
    expect(await countTasks(database.url)).toBe(5_000);

    const without = dev({
      DATABASE_URL: database.url,
      ELECTRIC_URL: `http://127.0.0.1:${ports.ELECTRIC_PORT}`,
    });
    expect(await without.exit).toBe(1);
    expect(without.output()).toMatch(/^ELECTRIC_UNREACHABLE: .*\n.*ELECTRIC_URL.*\n$/);
  } finally {
    await listener.close();
    await database.drop();
  }
});

test('after a crash, the next start clears what was left and keeps the data; as root also below a private folder', async () => {
  rmSync(`${checkout.path}/.data`, { recursive: true, force: true });
  if (isRoot) execFileSync('chmod', ['700', checkout.path]);
  const crashed = dev();
  await crashed.ready;
  const dataDir = isRoot
    ? (/Data: (.*)/.exec(crashed.output())?.[1] ?? '')
    : `${checkout.path}/.data/postgres`;
  expect(existsSync(dataDir)).toBe(true);
  try {
    if (isRoot) expect(crashed.output()).toContain(`its own user may not enter ${checkout.path}. Data: `);
    await query(
      "UPDATE tasks SET title = 'written before the crash' WHERE id = (SELECT min(id::text)::uuid FROM tasks)",
    );
    crashed.signal('SIGKILL');
    await crashed.exit;
    // Control: there is something to clear.
    expect(await isPortFree(Number(ports.POSTGRES_PORT))).toBe(false);
    expect(existsSync(`${checkout.path}/.data/stack.json`)).toBe(true);

    const next = dev();
    await next.ready;
    expect(next.output()).not.toContain('seeded');
    expect(await query("SELECT 1 FROM tasks WHERE title = 'written before the crash'")).toHaveLength(1);
    next.signal('SIGTERM');
    expect(await next.exit).toBe(0);
    expect(processesOf(checkout)).toEqual([]);
  } finally {
    if (isRoot) {
      execFileSync('chmod', ['755', checkout.path]);
      rmSync(dataDir.replace(/\/postgres$/, ''), { recursive: true, force: true });
    }
  }
});

// Everywhere else the tests above run as an ordinary user.
describe.runIf(isRoot && closedFolder(ROOT) === null && nobody() !== null)('as an ordinary user', () => {
  test('it runs in a checkout of theirs; what root left there is named in two lines', async () => {
    rmSync(`${checkout.path}/.data`, { recursive: true, force: true });
    execFileSync('mkdir', ['-p', '-m', '700', `${checkout.path}/.data`]);
    const user = nobody();
    const refused = dev({ HOME: checkout.path }, user);
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toMatch(
      /^CONFIG_INVALID: .*\.data belongs to another user.*\nStart as that user.*\n$/,
    );

    execFileSync('chown', ['-RP', `${user?.uid}:${user?.gid}`, checkout.path]);
    const stack = dev({ HOME: checkout.path }, user);
    await stack.ready;
    expect(await countTasks()).toBe(5_000);
    stack.signal('SIGINT');
    expect(await stack.exit).toBe(0);
    expect(processesOf(checkout)).toEqual([]);
  });
});

/** The addresses of this machine on which the port answers, loopback aside. */
async function reachableFromOutside(port: number): Promise<string[]> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);
  const answers = addresses.map(
    (host) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host, port, timeout: 1_000 });
        const settle = (isOpen: boolean) => {
          socket.destroy();
          resolve(isOpen);
        };
        socket.once('connect', () => settle(true));
        socket.once('error', () => settle(false));
        socket.once('timeout', () => settle(false));
      }),
  );
  const open = await Promise.all(answers);
  return addresses.filter((_, index) => open[index]);
}

function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function nobody(): { readonly uid: number; readonly gid: number } | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}
