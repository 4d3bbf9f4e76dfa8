import { freePort } from '@lockstep/local-postgres';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startProxy } from './server.ts';
import { startTestProxy, type TestProxy } from './testing/proxy.ts';

let under: TestProxy;

beforeAll(async () => {
  under = await startTestProxy();
});
afterEach(() => under.reset());
afterAll(() => under.close());

/** What node-postgres hands out for a query of several statements. */
async function results(client: pg.Client, sql: string): Promise<readonly pg.QueryResult[]> {
  const answer: unknown = await client.query(sql);
  return Array.isArray(answer) ? (answer as pg.QueryResult[]) : [answer as pg.QueryResult];
}

/** Its types don't know `queryMode`. */
function extended(text: string): pg.QueryConfig {
  return { text, queryMode: 'extended' } as pg.QueryConfig;
}

const electrified = () =>
  under.database.query<{ name: string; identity: string }>(
    `SELECT format('%I.%I', pt.schemaname, pt.tablename) AS name, c.relreplident AS identity
     FROM pg_publication_tables pt JOIN pg_class c ON c.oid = format('%I.%I', pt.schemaname, pt.tablename)::regclass
     WHERE pt.pubname = 'electric_publication_default' ORDER BY 1`,
  );
const catalogue = () =>
  under.database.query<{ table_name: string; epoch: number }>(
    'SELECT table_name, epoch FROM electric.electrified ORDER BY 1',
  );

describe('logging in', () => {
  test('any user name with the password of the proxy gets the configured database', async () => {
    const client = await under.connect({ user: 'whoever' });
    const { rows } = await client.query('SELECT current_database() AS name');
    expect(rows).toEqual([{ name: under.database.name }]);
  });

  test('another database name is passed on as it is, an unknown one gets the error of Postgres', async () => {
    const client = new pg.Client({ connectionString: under.proxy.url('postgres') });
    await client.connect();
    expect((await client.query('SELECT current_database() AS name')).rows).toEqual([{ name: 'postgres' }]);
    await client.end();
    const missing = new pg.Client({ connectionString: under.proxy.url('nowhere') });
    await expect(missing.connect()).rejects.toMatchObject({ code: '3D000' });
  });

  test('a wrong password is 28P01 in clear words', async () => {
    const client = new pg.Client({ ...under.config(), password: 'wrong-secret' });
    await expect(client.connect()).rejects.toMatchObject({
      code: '28P01',
      message: 'password authentication failed for user "postgres"',
      hint: expect.stringContaining('PG_PROXY_PASSWORD'),
    });
    expect(under.events).toContainEqual(expect.objectContaining({ kind: 'refused', code: '28P01' }));
    expect(JSON.stringify(under.events)).not.toContain('secret');
  });

  test('start-up parameters reach Postgres', async () => {
    const client = await under.connect({
      application_name: 'an app',
      options: '-c TimeZone=Asia/Tokyo -c search_path=pg_catalog',
    });
    const { rows } = await client.query(
      "SELECT current_setting('application_name') AS app, current_setting('TimeZone') AS zone",
    );
    expect(rows).toEqual([{ app: 'an app', zone: 'Asia/Tokyo' }]);
  });

  test('a busy port, a bad URL and an unreachable Postgres have errors of their own', async () => {
    await expect(
      startProxy({ upstreamUrl: under.database.url, password: 'x', port: under.proxy.port }),
    ).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await expect(startProxy({ upstreamUrl: 'file:app.db', password: 'x' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(startProxy({ upstreamUrl: under.database.url, password: '' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(
      startProxy({ upstreamUrl: under.database.url, password: 'x', streamId: 'A-b' }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const nowhere = `postgresql://postgres:topsecret@127.0.0.1:${await freePort()}/app`;
    const failure = startProxy({ upstreamUrl: nowhere, password: 'x', port: 0 });
    await expect(failure).rejects.toMatchObject({
      code: 'POSTGRES_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining('topsecret') });
  });
});

describe('ENABLE ELECTRIC in a simple query', () => {
  test('B7: publishes the table with full replica identity and records it', async () => {
    const client = await under.connect();
    await client.query('CREATE TABLE items (id int PRIMARY KEY, title text)');
    const [result] = await results(client, 'alter table Items\n  enable /* now */ electric;');
    expect(result?.command).toBe('ELECTRIC');
    expect(await electrified()).toEqual([{ name: 'public.items', identity: 'f' }]);
    expect(await catalogue()).toEqual([{ table_name: 'items', epoch: 1 }]);
    expect(under.events).toContainEqual(
      expect.objectContaining({ kind: 'electric', statement: 'enable-electric', table: '"items"' }),
    );
  });

  test('B11: sent to Postgres itself it is a syntax error', async () => {
    await under.database.query('CREATE TABLE items (id int PRIMARY KEY)');
    await expect(under.database.query('ALTER TABLE items ENABLE ELECTRIC')).rejects.toMatchObject({
      code: '42601',
      message: 'syntax error at or near "ELECTRIC"',
    });
  });

  test('B7: a rollback leaves no trace but the empty catalogue', async () => {
    const client = await under.connect();
    await client.query('BEGIN');
    await client.query('CREATE TABLE items (id int PRIMARY KEY)');
    await client.query('ALTER TABLE items ENABLE ELECTRIC');
    await client.query('ROLLBACK');
    expect(await catalogue()).toEqual([]);
    expect(await under.database.query('SELECT pubname FROM pg_publication')).toEqual([]);
    expect(await under.database.query('SELECT version, stream_id FROM electric.catalogue')).toEqual([
      { version: 1, stream_id: 'default' },
    ]);
  });

  test('B7: in a query of several statements every other one keeps its place and its result', async () => {
    const client = await under.connect();
    const answers = await results(
      client,
      `CREATE TABLE items (id int PRIMARY KEY, title text);;
       INSERT INTO items SELECT g, 'ALTER TABLE items ENABLE ELECTRIC;' FROM generate_series(1, 3) g;
       ALTER TABLE items ENABLE ELECTRIC; -- the one
       CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
       CALL nothing(); SELECT count(*)::int AS n, min(title) AS title FROM items`,
    );
    expect(answers.map(({ command, rowCount }) => [command, rowCount])).toEqual([
      ['CREATE', null],
      ['INSERT', 3],
      ['ELECTRIC', null],
      ['CREATE', null],
      ['CALL', null],
      ['SELECT', 1],
    ]);
    expect(answers.at(-1)?.rows).toEqual([{ n: 3, title: 'ALTER TABLE items ENABLE ELECTRIC;' }]);
    expect(await electrified()).toEqual([{ name: 'public.items', identity: 'f' }]);
  });

  test('B7: a statement that fails, before or after it, takes all of the query back', async () => {
    const client = await under.connect();
    const create = 'CREATE TABLE items (id int PRIMARY KEY)';
    await expect(
      client.query(`${create}; SELECT 1/0; ALTER TABLE items ENABLE ELECTRIC`),
    ).rejects.toMatchObject({ code: '22012' });
    await expect(
      client.query(`${create}; ALTER TABLE items ENABLE ELECTRIC; SELECT 1/0`),
    ).rejects.toMatchObject({ code: '22012' });
    expect(await under.database.query("SELECT to_regclass('items') AS items")).toEqual([{ items: null }]);
    expect(await catalogue()).toEqual([]);
    await client.query('CREATE TABLE items (id int PRIMARY KEY)');
    expect((await results(client, 'ALTER TABLE items ENABLE ELECTRIC'))[0]?.command).toBe('ELECTRIC');
  });

  test('the position of an error is that in the text as it was sent', async () => {
    const client = await under.connect();
    await client.query('CREATE TABLE "Ärger" (id int PRIMARY KEY)');
    const sql =
      'SELECT \'ü\'; ALTER TABLE ONLY "Ärger" ENABLE ELECTRIC; ALTER TABLE IF EXISTS nix ENABLE ELECTRIC; SELECT oops';
    const direct = sql.indexOf('oops') + 1;
    await expect(client.query(sql)).rejects.toMatchObject({ code: '42703', position: String(direct) });
    const before = 'SELECT oops; ALTER TABLE "Ärger" ENABLE ELECTRIC';
    await expect(client.query(before)).rejects.toMatchObject({ position: '8' });
  });
});

describe('ENABLE ELECTRIC in the extended protocol', () => {
  test('B7: unnamed and named statements, prepared before the table exists', async () => {
    const client = await under.connect();
    await client.query({ text: 'CREATE TABLE items (id int PRIMARY KEY)', values: [] });
    const unnamed = await client.query(extended('ALTER TABLE items ENABLE ELECTRIC'));
    expect(unnamed.command).toBe('ELECTRIC');
    const named = { name: 'off', text: 'ALTER TABLE items DISABLE ELECTRIC' };
    expect((await client.query(named)).command).toBe('ELECTRIC');
    expect((await client.query({ name: 'call', text: 'SELECT 1 AS one' })).rows).toEqual([{ one: 1 }]);
    expect((await client.query(named)).command).toBe('ELECTRIC');
    expect(await electrified()).toEqual([]);
    expect(await catalogue()).toEqual([]);
  });

  test('DISCARD ALL and DEALLOCATE forget a prepared one', async () => {
    const client = await under.connect();
    await client.query('CREATE TABLE items (id int PRIMARY KEY)');
    await client.query({ name: 'on', text: 'ALTER TABLE items ENABLE ELECTRIC' });
    await client.query('DEALLOCATE "on"');
    await expect(
      client.query({ name: 'on', text: 'ALTER TABLE items ENABLE ELECTRIC' }),
    ).rejects.toMatchObject({ code: '26000' });
    await client.query('DISCARD ALL');
    expect(
      (await client.query({ name: 'on2', text: 'CREATE TABLE electric_notes (id int PRIMARY KEY)' })).command,
    ).toBe('CREATE');
  });
});
