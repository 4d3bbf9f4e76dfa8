import type { Random } from '../random.ts';

/** A migration of a generated history. None of its statements can be run twice without leaving a trace. */
export interface MadeMigration {
  readonly name: string;
  readonly sql: string | null;
  /** The text of a TypeScript migration's module. */
  readonly module: string | null;
  /** A migration that fails, until this is done about it. */
  readonly mend: Mend | null;
}

export type Mend =
  | { readonly kind: 'data'; readonly sql: string }
  | { readonly kind: 'file'; readonly sql: string };

/** Makes the migrations around a table of its own, named `table`. */
export type Block = (table: string, random: Random) => readonly MadeMigration[];

const sql = (name: string, text: string, mend: Mend | null = null): MadeMigration => ({
  name,
  sql: text,
  module: null,
  mend,
});
const program = (name: string, body: string): MadeMigration => ({
  name,
  sql: null,
  module: body,
  mend: null,
});

function create(table: string, random: Random): MadeMigration {
  const rows = random.between(12, 40);
  return sql(
    `${table}_made`,
    `CREATE TABLE ${table} (id integer PRIMARY KEY, n integer NOT NULL, name text);
--> statement-breakpoint
INSERT INTO ${table} SELECT i, i * ${random.between(2, 9)}, 'Name ' || i FROM generate_series(1, ${rows}) AS i;`,
  );
}

const transactional: Block = (table, random) => [
  create(table, random),
  sql(
    `${table}_changed`,
    `ALTER TABLE ${table} ADD COLUMN size integer NOT NULL DEFAULT ${random.between(1, 99)};
--> statement-breakpoint
UPDATE ${table} SET n = n + 1, size = size + n;
--> statement-breakpoint
CREATE INDEX ${table}_size ON ${table} (size);
--> statement-breakpoint
INSERT INTO ${table} (id, n) VALUES (1000, 0);`,
  ),
];

const concurrently: Block = (table, random) => [
  create(table, random),
  sql(
    `${table}_indexes`,
    `UPDATE ${table} SET n = n * 2;
CREATE INDEX CONCURRENTLY ${table}_n ON ${table} (n);
INSERT INTO ${table} VALUES (1001, 1, 'between');
CREATE UNIQUE INDEX CONCURRENTLY ${table}_id_n ON ${table} (n, id);`,
  ),
  sql(
    `${table}_dropped`,
    `DROP INDEX CONCURRENTLY ${table}_n;
UPDATE ${table} SET n = n + 3;
REINDEX INDEX CONCURRENTLY ${table}_id_n;`,
  ),
];

const vacuum: Block = (table, random) => [
  create(table, random),
  sql(
    `${table}_vacuum`,
    `DELETE FROM ${table} WHERE id % 3 = 0;
VACUUM ${table};
UPDATE ${table} SET name = name || '+';`,
  ),
];

const enumValue: Block = (table, random) => [
  sql(
    `${table}_level`,
    `CREATE TYPE ${table}_level AS ENUM ('low', 'high');
CREATE TABLE ${table} (id integer PRIMARY KEY, level ${table}_level NOT NULL);
INSERT INTO ${table} SELECT i, 'low' FROM generate_series(1, ${random.between(5, 20)}) AS i;`,
  ),
  sql(
    `${table}_value`,
    `UPDATE ${table} SET id = id + 100;
ALTER TYPE ${table}_level ADD VALUE 'top';
UPDATE ${table} SET level = 'top', id = id + 1000 WHERE id % 2 = 0;
ALTER TABLE ${table} ALTER COLUMN level SET DEFAULT 'top';`,
  ),
];

const ownCommit: Block = (table, random) => [
  create(table, random),
  sql(
    `${table}_parts`,
    `UPDATE ${table} SET n = n + 1;
BEGIN;
UPDATE ${table} SET n = n + 10;
ALTER TABLE ${table} ADD COLUMN part integer;
COMMIT;
UPDATE ${table} SET n = n + 100, part = coalesce(part, 0) + 1;`,
  ),
];

const partition: Block = (table, random) => [
  sql(
    `${table}_parts`,
    `CREATE TABLE ${table} (n integer NOT NULL, name text) PARTITION BY LIST (n);
CREATE TABLE ${table}_one PARTITION OF ${table} FOR VALUES IN (1);
CREATE TABLE ${table}_two PARTITION OF ${table} FOR VALUES IN (2);
INSERT INTO ${table} SELECT 1 + i % 2, 'Name ' || i FROM generate_series(1, ${random.between(5, 20)}) AS i;`,
  ),
  sql(
    `${table}_detached`,
    `UPDATE ${table} SET name = name || '+';
ALTER TABLE ${table} DETACH PARTITION ${table}_two CONCURRENTLY;
INSERT INTO ${table}_two VALUES (2, 'by itself');`,
  ),
];

const lossy: Block = (table, random) => [
  create(table, random),
  sql(`${table}_column_lost`, `UPDATE ${table} SET n = n + 1; ALTER TABLE ${table} DROP COLUMN name;`),
  sql(
    `${table}_lost`,
    `CREATE TABLE ${table}_after AS SELECT count(*) AS c FROM ${table}; DROP TABLE ${table};`,
  ),
];

const wholeProgram: Block = (table, random) => [
  create(table, random),
  program(
    `${table}_whole`,
    `export default {
  id: '${table}_whole',
  version: '1',
  description: 'In one transaction.',
  async up(db) {
    await db.exec('ALTER TABLE ${table} ADD COLUMN size integer; UPDATE ${table} SET n = n + 1');
    const [row] = await db.query('SELECT count(*)::text AS count FROM ${table}');
    await db.query('UPDATE ${table} SET size = coalesce(size, 0) + $1::text::integer', [row.count]);
    await db.backfill({ table: '${table}', batchSize: 10, set: "name = name || '!'" });
  },
};
`,
  ),
];

const stepsProgram: Block = (table, random) => [
  create(table, random),
  program(
    `${table}_steps`,
    `export default {
  id: '${table}_steps',
  version: '1',
  description: 'In steps.',
  transaction: 'steps',
  async up(db) {
    await db.step('column', (tx) => tx.exec('ALTER TABLE ${table} ADD COLUMN size integer; UPDATE ${table} SET n = n + 1'));
    await db.backfill({ table: '${table}', batchSize: ${random.between(4, 9)}, set: "name = name || '!', n = n + 10" });
    await db.backfill({
      table: '${table}',
      name: 'by hand',
      batchSize: 8,
      where: 'id % 2 = 0',
      async each(rows, tx) {
        for (const { id } of rows) {
          await tx.query('UPDATE ${table} SET size = coalesce(size, 0) + 1 WHERE id = $1::text::integer', [String(id)]);
        }
      },
    });
    await db.step('rows', (tx) => tx.exec("INSERT INTO ${table} (id, n) VALUES (2000, 1)"));
  },
};
`,
  ),
];

/** True in the databases that are migrated, false where the history is replayed to compile it: there nothing may fail. */
const IS_SPOILED = "current_setting('crash.is_spoiled', true) = 'on'";

const failing: Block = (table, random) => [
  create(table, random),
  sql(
    `${table}_checked`,
    `UPDATE ${table} SET name = name || '?';
INSERT INTO ${table} SELECT id + 500, 77, name FROM ${table} WHERE id = 1 AND ${IS_SPOILED};
ALTER TABLE ${table} ADD COLUMN more integer;`,
  ),
  sql(
    `${table}_odd`,
    `UPDATE ${table} SET more = coalesce(more, 0) + 1;
ALTER TABLE ${table} ADD CONSTRAINT ${table}_odd CHECK (n <> 77);
UPDATE ${table} SET name = name || '!';`,
    { kind: 'data', sql: `UPDATE ${table} SET n = 78 WHERE n = 77` },
  ),
];

const failsConcurrently: Block = (table, random) => [
  create(table, random),
  sql(
    `${table}_twice`,
    `INSERT INTO ${table} SELECT i, 5000, 'i' || i FROM generate_series(778, 779) AS i WHERE ${IS_SPOILED};`,
  ),
  sql(
    `${table}_unique`,
    `UPDATE ${table} SET n = n + 1;
CREATE UNIQUE INDEX CONCURRENTLY ${table}_once ON ${table} (n);
UPDATE ${table} SET name = name || '.';`,
    { kind: 'data', sql: `UPDATE ${table} SET n = 9000 WHERE id = 779` },
  ),
];

const failsInFile: Block = (table, random) => {
  const file = (limit: number) => `BEGIN;
UPDATE ${table} SET n = n + 1;
COMMIT;
INSERT INTO ${table} SELECT CASE WHEN ${IS_SPOILED} THEN 3000 ELSE 2000 END, 1, 'early';
ALTER TABLE ${table} ADD CONSTRAINT ${table}_few CHECK (id < ${limit});`;
  return [create(table, random), sql(`${table}_wrong`, file(2500), { kind: 'file', sql: file(25000) })];
};

export const BLOCKS = {
  transactional,
  concurrently,
  vacuum,
  enumValue,
  ownCommit,
  partition,
  lossy,
  wholeProgram,
  stepsProgram,
  failing,
  failsConcurrently,
  failsInFile,
} satisfies Readonly<Record<string, Block>>;
