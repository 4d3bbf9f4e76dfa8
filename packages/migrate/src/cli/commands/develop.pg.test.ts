import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectPostgres } from '../../operate/connect-postgres.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';

const FIRST = {
  tag: '0000_first',
  sql: `CREATE SCHEMA "app";
    CREATE TYPE "state" AS ENUM ('open', 'closed');
    CREATE TABLE "items" ("id" uuid PRIMARY KEY, "state" "state");
    CREATE TABLE "app"."notes" ("id" serial PRIMARY KEY, "item" uuid REFERENCES "items");
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
    CREATE VIEW "open_items" AS SELECT * FROM "items" WHERE "state" = 'open';`,
};
const SEED = `export const seed = (db) => db.exec("INSERT INTO items VALUES (gen_random_uuid(), 'open')");\n`;
const SCHEMA = `import { pgTable, text, uuid, boolean } from 'drizzle-orm/pg-core';
export const things = pgTable('things', { id: uuid('id').primaryKey(), name: text('name').notNull() });
`;

interface Engine {
  readonly name: string;
  /** What \`--database\` names, what is typed for it, and a connection to look into it. */
  open(
    checkout: CliCheckout,
  ): Promise<{ url: string; typed: string; executor: Executor; close(): Promise<void> }>;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'PGlite',
    async open({ path, open }) {
      const { executor } = await open(join(path, 'app.db'));
      return { url: 'file:app.db', typed: 'app.db', executor, close: () => Promise.resolve() };
    },
  },
  {
    name: 'Postgres',
    async open() {
      const database: TestDatabase = await createTestDatabase('cli');
      const { executor, close } = await connectPostgres(database.url);
      return {
        url: database.url,
        typed: new URL(database.url).pathname.slice(1),
        executor,
        async close() {
          await close();
          await database.drop();
        },
      };
    },
  },
];

describe.each(ENGINES)('$name', (engine) => {
  let checkout: CliCheckout;
  let database: Awaited<ReturnType<Engine['open']>>;
  let target: readonly string[];
  beforeAll(async () => {
    checkout = await createCliCheckout(
      [FIRST],
      "{ migrations: './drizzle', bundle: './bundle', seed: './seed.ts' }",
    );
    await checkout.write('seed.ts', SEED);
    await checkout.write('schema.ts', SCHEMA);
    await checkout.write(
      'drizzle.config.ts',
      "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' };\n",
    );
    await checkout.run(['compile']);
    database = await engine.open(checkout);
    target = ['--database', database.url];
    await checkout.run(['migrate', ...target]);
  });
  afterAll(async () => {
    await database.close();
    await checkout.remove();
  });

  const rows = async (sql: string) => database.executor.query<{ n: string }>(sql);
  const items = async () => (await rows('SELECT count(*)::text AS n FROM items'))[0]?.n;

  test('D6: reset asks for the name, and another name leaves everything', async () => {
    await database.executor.exec("INSERT INTO items VALUES (gen_random_uuid(), 'closed')");
    const run = await checkout.run(['reset', ...target], { answers: ['yes'] });
    expect(run.exitCode).toBe(EXIT.refused);
    expect(run.questions[0]).toContain(`Type ${database.typed} to go on`);
    expect(await items()).toBe('2');
  });

  test('D6: reset drops what the history made and what was tried out, migrates and seeds', async () => {
    await database.executor.exec(`CREATE TABLE leftover (id int); CREATE DOMAIN short AS varchar(3);
      CREATE SCHEMA somebody; CREATE TABLE somebody.kept (id int)`);
    const run = await checkout.run(['reset', ...target], { answers: [database.typed] });
    expect(run.stderr).toBe('');
    expect(run).toMatchObject({ exitCode: EXIT.done });
    expect(run.stdout).toContain('is new: 1 migration applied.');
    expect(await items()).toBe('1');
    const left = await rows("SELECT to_regclass('leftover')::text AS n, to_regtype('short')::text AS t");
    expect(left).toEqual([{ n: null, t: null }]);
    // A schema that is not the history's is not ours to drop.
    expect(await rows('SELECT FROM somebody.kept')).toEqual([]);
  });

  test('published failure: a command meant for local never hits production (Resend 2024-02-21)', async () => {
    for (const command of ['reset', 'push']) {
      const flagged = await checkout.run([command, ...target, '--yes', '--production', '--json']);
      expect(flagged.exitCode).toBe(EXIT.refused);
      expect(flagged.json()).toMatchObject({ code: 'PRODUCTION_REFUSED' });
      const env = { NODE_ENV: 'production', CI: 'true' };
      expect((await checkout.run([command, ...target, '--yes'], { env })).exitCode).toBe(EXIT.refused);
    }
    expect(await items()).toBe('1');
  });

  test('E5: push shows its SQL, keeps data unless told, and says what follows', async () => {
    const plan = await checkout.run(['push', ...target, '--dry-run']);
    expect(plan.stdout).toContain('CREATE TABLE "things"');
    const refused = await checkout.run(['push', ...target]);
    expect(refused).toMatchObject({ exitCode: EXIT.usage });
    expect(await items()).toBe('1');
    await checkout.run(['reset', ...target, '--yes']);
    await database.executor.exec(
      'DROP SCHEMA app CASCADE; DROP VIEW open_items; DROP TABLE items; DROP TYPE state',
    );
    const pushed = await checkout.run(['push', ...target]);
    expect(pushed.stdout).toContain('`lockstep generate` writes it');
    expect((await checkout.run(['push', ...target])).stdout).toContain('is as the schema says');
    const again = await checkout.run(['push', ...target, '--json']);
    expect(again.json()).toMatchObject({ statements: [], isApplied: false });
  });

  test('published failure: a database migrated as production refuses a reset through a tunnel', async () => {
    await checkout.run(['reset', ...target, '--yes']);
    await checkout.run(['migrate', ...target, '--production', '--yes', '--no-backup']);
    const run = await checkout.run(['reset', ...target, '--yes']);
    expect(run.exitCode).toBe(EXIT.refused);
    expect(run.stderr).toContain('it has been migrated as production before');
  });
});
