import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startTestProxy, type TestProxy } from './testing/proxy.ts';

/** With Debian's psql, a client that was not written by us: `pnpm test:system`. */

let under: TestProxy;

beforeAll(async () => {
  under = await startTestProxy();
});
afterEach(() => under.reset());
afterAll(() => under.close());

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function psql(url: string, ...args: readonly string[]): Promise<Outcome> {
  const all = ['--no-psqlrc', '-v', 'ON_ERROR_STOP=1', url, ...args];
  try {
    const { stdout, stderr } = await promisify(execFile)('psql', all);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Outcome;
    return { code, stdout, stderr };
  }
}

async function psqlScript(url: string, script: string, ...args: readonly string[]): Promise<Outcome> {
  const child = spawn('psql', ['--no-psqlrc', '-v', 'ON_ERROR_STOP=1', url, ...args, '-f', '-']);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(script);
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
  return { code, stdout, stderr };
}

const MIGRATION = `CREATE TABLE "items" ("id" int PRIMARY KEY, "title" text);
--> statement-breakpoint
ALTER TABLE "items" ENABLE ELECTRIC;
`;

test('B7: psql runs an electrified migration', async () => {
  const outcome = await psqlScript(under.proxy.url(), MIGRATION, '--single-transaction');
  expect(outcome).toEqual({ code: 0, stdout: 'CREATE TABLE\nELECTRIC ENABLE\n', stderr: '' });
  expect(await under.database.query('SELECT tablename FROM pg_publication_tables')).toEqual([
    { tablename: 'items' },
  ]);
});

test('B11: on the direct port the same file is a syntax error', async () => {
  const outcome = await psqlScript(under.database.url, MIGRATION);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toContain('syntax error at or near "ELECTRIC"');
});

test('several statements in one -c, in one transaction', async () => {
  const outcome = await psql(
    under.proxy.url(),
    '-c',
    'CREATE TABLE items (id int PRIMARY KEY); ALTER TABLE items ENABLE ELECTRIC; SELECT 1/0',
  );
  expect(outcome.stderr).toContain('division by zero');
  expect(await under.database.query("SELECT to_regclass('items') AS items")).toEqual([{ items: null }]);
});

test('a wrong password, and a password from the environment of libpq', async () => {
  const url = new URL(under.proxy.url());
  url.password = 'wrong';
  const outcome = await psql(url.href, '-c', 'SELECT 1');
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain('password authentication failed for user "postgres"');
  expect(outcome.stderr).toContain('PG_PROXY_PASSWORD');
});

test('sslmode=prefer goes on without TLS, sslmode=require says that there is none', async () => {
  expect((await psql(`${under.proxy.url()}?sslmode=prefer`, '-Atc', 'SELECT 1')).stdout).toBe('1\n');
  expect((await psql(`${under.proxy.url()}?sslmode=require`, '-c', 'SELECT 1')).stderr).toContain(
    'does not support SSL',
  );
});

test('\\copy both ways and \\gexec', async () => {
  const outcome = await psqlScript(
    under.proxy.url(),
    `CREATE TABLE items (id int PRIMARY KEY);
\\copy items from program 'seq 1 1000'
SELECT format('ALTER TABLE %I ENABLE ELECTRIC', 'items') \\gexec
\\copy (SELECT * FROM items WHERE id > 998) to stdout
`,
  );
  expect(outcome).toEqual({
    code: 0,
    stdout: 'CREATE TABLE\nCOPY 1000\nELECTRIC ENABLE\n999\n1000\n',
    stderr: '',
  });
});

test('Ctrl-C cancels what runs', async () => {
  const child = spawn('psql', ['--no-psqlrc', under.proxy.url(), '-c', 'SELECT pg_sleep(30)']);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  await expect
    .poll(async () => {
      const rows = await under.database.query(
        "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'",
      );
      return rows.length;
    })
    .toBe(1);
  child.kill('SIGINT');
  await closed;
  expect(stderr).toContain('canceling statement due to user request');
});
