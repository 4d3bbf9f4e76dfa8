import { createTestDatabase } from '@lockstep/local-postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { electricCatalogueSql } from './catalogue.ts';
import { startProxy } from './server.ts';
import { PASSWORD, startTestProxy, type TestProxy } from './testing/proxy.ts';

let under: TestProxy;

beforeAll(async () => {
  under = await startTestProxy();
});
afterEach(() => under.reset());
afterAll(() => under.close());

const published = () =>
  under.database.query(
    "SELECT tablename FROM pg_publication_tables WHERE pubname = 'electric_publication_default' ORDER BY 1",
  );

describe('what may be electrified', () => {
  test.each([
    ['CREATE VIEW items AS SELECT 1 AS id', '42809', 'public.items is not an ordinary table'],
    ['CREATE TABLE items (id int)', '55000', 'table public.items has no primary key'],
    [
      'CREATE UNLOGGED TABLE items (id int PRIMARY KEY)',
      '42809',
      'public.items is a temporary or unlogged table',
    ],
    [
      'CREATE TABLE whole (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE items PARTITION OF whole DEFAULT',
      '42809',
      'public.items is a partition',
    ],
    ['SELECT 1', '42P01', 'relation "items" does not exist'],
  ])('after %s: %s %s', async (before, code, message) => {
    const client = await under.connect();
    await client.query(before);
    await expect(client.query('ALTER TABLE items ENABLE ELECTRIC')).rejects.toMatchObject({ code, message });
    expect(await published()).toEqual([]);
  });

  test('a table without a key is told how to get one', async () => {
    const client = await under.connect();
    await client.query('CREATE TABLE items (id int)');
    await expect(client.query('ALTER TABLE items ENABLE ELECTRIC')).rejects.toMatchObject({
      hint: expect.stringContaining('ALTER TABLE public.items ADD PRIMARY KEY'),
    });
  });

  test('of a partitioned table every leaf logs its old rows whole', async () => {
    const client = await under.connect();
    await client.query(`
      CREATE TABLE items (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE items_low PARTITION OF items FOR VALUES FROM (0) TO (10);
      CREATE TABLE items_high PARTITION OF items FOR VALUES FROM (10) TO (100) PARTITION BY RANGE (id);
      CREATE TABLE items_top PARTITION OF items_high DEFAULT;
      ALTER TABLE items ENABLE ELECTRIC`);
    const { rows } = await client.query(
      "SELECT relname, relreplident FROM pg_class WHERE relname LIKE 'items%' AND relkind IN ('r', 'p') ORDER BY 1",
    );
    expect(rows.map((row) => row.relreplident)).toEqual(['f', 'f', 'f', 'f']);
    await client.query('ALTER TABLE items DISABLE ELECTRIC');
    expect(await published()).toEqual([]);
    const after = await client.query(
      "SELECT DISTINCT relreplident FROM pg_class WHERE relname LIKE 'items%' AND relkind IN ('r', 'p')",
    );
    expect(after.rows).toEqual([{ relreplident: 'd' }]);
  });

  test('a table in another schema, found by the search path', async () => {
    const client = await under.connect({ options: '-c search_path="My\\ Space"' });
    await client.query(
      'CREATE SCHEMA "My Space"; CREATE TABLE "Größe" (id int PRIMARY KEY); ALTER TABLE "Größe" ENABLE ELECTRIC',
    );
    expect(await under.database.query('SELECT schema_name, table_name FROM electric.electrified')).toEqual([
      { schema_name: 'My Space', table_name: 'Größe' },
    ]);
    await client.query('DROP SCHEMA "My Space" CASCADE');
  });

  test('stored generated columns are published where Postgres can', async () => {
    const client = await under.connect();
    await client.query(
      'CREATE TABLE items (id int PRIMARY KEY, double int GENERATED ALWAYS AS (id * 2) STORED); ALTER TABLE items ENABLE ELECTRIC',
    );
    expect(await under.database.query('SELECT pubgencols FROM pg_publication')).toEqual([
      { pubgencols: 's' },
    ]);
  });
});

describe('transactions', () => {
  test('a transaction whose snapshot is older than the installation can electrify', async () => {
    const client = await under.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    await client.query('CREATE TABLE items (id int PRIMARY KEY)');
    await client.query('ALTER TABLE items ENABLE ELECTRIC');
    await client.query('COMMIT');
    expect(await published()).toEqual([{ tablename: 'items' }]);
  });

  test('back to a savepoint before it', async () => {
    const client = await under.connect();
    await client.query('CREATE TABLE items (id int PRIMARY KEY)');
    await client.query('BEGIN; SAVEPOINT here; ALTER TABLE items ENABLE ELECTRIC; ROLLBACK TO here; COMMIT');
    expect(await published()).toEqual([]);
    expect(await under.database.query("SELECT relreplident FROM pg_class WHERE relname = 'items'")).toEqual([
      { relreplident: 'd' },
    ]);
  });

  test('eight sessions at once, onto a database without a catalogue', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => under.connect()));
    await Promise.all(
      clients.map((client, index) =>
        client.query(
          `CREATE TABLE items_${index} (id int PRIMARY KEY); ALTER TABLE items_${index} ENABLE ELECTRIC`,
        ),
      ),
    );
    expect(await published()).toHaveLength(8);
    expect(under.events.filter((event) => event.kind === 'catalogue-failed')).toEqual([]);
  });
});

describe('what stands in the way of the catalogue', () => {
  test('a schema of that name that is not ours', async () => {
    const client = await under.connect();
    await client.query('CREATE SCHEMA electric; CREATE TABLE electric.something (id int)');
    await client.query('CREATE TABLE items (id int PRIMARY KEY)');
    await client.query('BEGIN');
    await expect(client.query('ALTER TABLE items ENABLE ELECTRIC')).rejects.toMatchObject({
      code: '42P06',
      hint: expect.stringContaining('catalogue'),
    });
    // The failure is the transaction's, as any other statement's would be.
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    await client.query('DROP SCHEMA electric CASCADE');
    await client.query('ALTER TABLE items ENABLE ELECTRIC');
    expect(await published()).toEqual([{ tablename: 'items' }]);
  });

  test('another replication stream', async () => {
    const client = await under.connect();
    await client.query('CREATE TABLE items (id int PRIMARY KEY); ALTER TABLE items ENABLE ELECTRIC');
    const other = await startProxy({
      upstreamUrl: under.database.url,
      password: PASSWORD,
      port: 0,
      streamId: 'other',
    });
    const elsewhere = await under.connect({ port: other.port });
    await expect(elsewhere.query('ALTER TABLE items ENABLE ELECTRIC')).rejects.toMatchObject({
      code: '55000',
      message: expect.stringContaining('for the replication stream "default"'),
    });
    await elsewhere.end();
    await other.close();
  });

  test('the script for doing it by hand does the same', async () => {
    const fresh = await createTestDatabase('catalogue');
    await fresh.query(electricCatalogueSql('default'));
    const proxy = await startProxy({ upstreamUrl: fresh.url, password: PASSWORD, port: 0 });
    const client = await under.connect({ port: proxy.port });
    await client.query('CREATE TABLE items (id int PRIMARY KEY); ALTER TABLE items ENABLE ELECTRIC');
    expect(await fresh.query('SELECT table_name FROM electric.electrified')).toEqual([
      { table_name: 'items' },
    ]);
    await client.end();
    await proxy.close();
    await fresh.drop();
  });
});

describe('roles without superuser', () => {
  test('an owner with CREATE on the database can; without, the error says what to grant', async () => {
    const fresh = await createTestDatabase('owner');
    const role = `${fresh.name}_role`;
    const admin = await under.connect();
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    await fresh.query(`GRANT ALL ON SCHEMA public TO ${role}`);
    const url = new URL(fresh.url);
    url.username = role;
    url.password = 'pw';
    const proxy = await startProxy({ upstreamUrl: url.href, password: PASSWORD, port: 0 });
    const attempt = async () => {
      const client = await under.connect({ port: proxy.port });
      try {
        await client.query('ALTER TABLE items ENABLE ELECTRIC');
      } finally {
        await client.end();
      }
    };
    const owner = await under.connect({ port: proxy.port });
    await owner.query('CREATE TABLE items (id int PRIMARY KEY)');
    await expect(attempt()).rejects.toMatchObject({
      code: '42501',
      hint: `GRANT CREATE ON DATABASE "${fresh.name}" TO "${role}".`,
    });
    await fresh.query(`GRANT CREATE ON DATABASE ${fresh.name} TO ${role}`);
    await attempt();
    expect(await fresh.query("SELECT relreplident FROM pg_class WHERE relname = 'items'")).toEqual([
      { relreplident: 'f' },
    ]);

    await fresh.query('CREATE TABLE foreign_items (id int PRIMARY KEY)');
    await expect(owner.query('ALTER TABLE foreign_items ENABLE ELECTRIC')).rejects.toMatchObject({
      code: '42501',
      message: 'must be owner of table public.foreign_items',
      hint: expect.stringContaining(`OWNER TO ${role}`),
    });
    await fresh.query('ALTER PUBLICATION electric_publication_default OWNER TO postgres');
    await expect(owner.query('ALTER TABLE items ENABLE ELECTRIC')).rejects.toMatchObject({
      code: '42501',
      hint: `ALTER PUBLICATION electric_publication_default OWNER TO ${role}.`,
    });
    await owner.end();
    await proxy.close();
    await fresh.drop();
    await admin.query(`DROP ROLE ${role}`);
  });
});
