import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { startProxy } from '@lockstep/electric-proxy';
import { createTestDatabase } from '@lockstep/local-postgres';
import type * as Replica from '@org/core/migrations/replica';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromRoot } from '../root.ts';
import { type Checkout, copyCheckout } from '../testing/checkout.ts';

/** The document's code blocks, in order. */
const [schemaFile, indexLine, shapeLine, setupCommand, validatorLine] = [
  ...readFileSync(fromRoot('docs/add-a-table.md'), 'utf8').matchAll(/```\w+\n([\s\S]*?)```/g),
].map((match) => match[1] as string);

let checkout: Checkout;
beforeAll(() => {
  checkout = copyCheckout();
});
afterAll(() => checkout.remove());

test('docs/add-a-table.md, step by step, gives Postgres and PGlite the table (B1-B4)', async () => {
  checkout.write('packages/core/src/schema/milestones.ts', schemaFile as string);
  checkout.write(
    'packages/core/src/schema/index.ts',
    checkout.read('packages/core/src/schema/index.ts') + (indexLine as string),
  );
  await expect(checkout.run('db:electrify')).rejects.toThrow(/milestones/);
  checkout.edit(
    'packages/core/src/shapes.ts',
    'export const shapes = {\n',
    `export const shapes = {\n${shapeLine}`,
  );
  const [, command, ...args] = (setupCommand as string).trim().split(' ');
  await checkout.run(command as string, args);
  checkout.edit(
    'packages/core/src/validators.ts',
    'export const validators = {\n',
    `export const validators = {\n${validatorLine}`,
  );
  checkout.edit('packages/core/src/validators.ts', '  members,\n', '  members,\n  milestones,\n');

  expect(checkout.read('drizzle/0006_milestones.sql')).toContain('ALTER TABLE "milestones" ENABLE ELECTRIC;');
  await checkout.types('packages/core');
  await expectPublishedOnPostgres();
  await expectOnPGlite();
});

async function expectPublishedOnPostgres(): Promise<void> {
  const database = await createTestDatabase();
  const proxy = await startProxy({ upstreamUrl: database.url, password: 'secret', port: 0 });
  try {
    await checkout.run('db:migrate:remote', [], {
      PGHOST: '127.0.0.1',
      PGPORT: String(proxy.port),
      PGPASSWORD: 'secret',
    });
    const published = await database.query<{ tablename: string }>(
      'SELECT tablename FROM pg_publication_tables',
    );
    expect(published.map(({ tablename }) => tablename)).toContain('milestones');
    expect(published.map(({ tablename }) => tablename)).not.toContain('sessions');
  } finally {
    await proxy.close();
    await database.drop();
  }
}

async function expectOnPGlite(): Promise<void> {
  const { replicaBundle } = (await import(
    `${checkout.path}/packages/core/src/migrations/replica.ts`
  )) as typeof Replica;
  const db = await PGlite.create();
  try {
    for (const { replica } of replicaBundle.migrations)
      for (const sql of replica.statements) await db.exec(sql);
    const columns = await db.query<{ column_name: string }>(
      "SELECT column_name FROM information_schema.columns WHERE table_name = 'milestones' ORDER BY ordinal_position",
    );
    expect(columns.rows.map(({ column_name }) => column_name)).toEqual([
      'id',
      'workspace_id',
      'project_id',
      'name',
      'reached_on',
    ]);
  } finally {
    await db.close();
  }
}
