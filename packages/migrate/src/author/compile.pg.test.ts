import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Executor } from '../run/executor/executor.ts';
import { loadParser } from '../sql/parser.ts';
import { openPostgres, type TestTarget } from '../testing/databases.ts';
import { everyTypeHistory } from '../testing/every-type.ts';
import { openReplayLab, type ReplayLab } from '../testing/replay-lab.ts';
import { toClientSchema } from './client-schema.ts';
import { introspect } from './introspect.ts';

let lab: ReplayLab;
let server: TestTarget;
beforeAll(async () => {
  lab = await openReplayLab();
  server = await openPostgres();
});
afterAll(async () => {
  await lab.close();
  await server.close();
});

test('A2 the schema that was compiled is the one that a real server has', async () => {
  const migrations = await lab.compile([
    ...everyTypeHistory(),
    `CREATE TABLE parents (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "Name" varchar(20) NOT NULL DEFAULT 'é');
     CREATE TABLE children (a int, b text, parent uuid REFERENCES parents ON DELETE CASCADE, n int GENERATED ALWAYS AS (a + 1) STORED,
       mood mood DEFAULT 'good', at timestamptz DEFAULT now(), PRIMARY KEY (b, a), UNIQUE (parent), CHECK (a > 0));
     ALTER TABLE parents ENABLE ELECTRIC; ALTER TABLE children ENABLE ELECTRIC;`,
    `ALTER TABLE children RENAME b TO c; ALTER TABLE parents ALTER "Name" TYPE text; ALTER TYPE mood ADD VALUE 'bad' BEFORE 'good';`,
  ]);
  for (const migration of migrations) {
    for (const { kind, sql } of migration.server) if (kind === 'sql') await server.executor.exec(sql);
    expect(await clientSchema(server.executor)).toEqual(migration.schema);
  }
});

async function clientSchema(executor: Executor) {
  const parser = await loadParser();
  return executor.transaction(async (tx) => {
    const rows = await tx.query<{ oid: number }>(
      `SELECT oid::int8::int4 AS oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    return toClientSchema(
      await introspect(
        tx,
        parser,
        rows.map(({ oid }) => oid),
      ),
    );
  });
}
