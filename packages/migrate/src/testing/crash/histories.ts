import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Migration } from '@lockstep/protocol';
import { programSql } from '../../author/program/program-sql.ts';
import { sqlBundle } from '../sql-bundle.ts';
import { CRASH_PROGRAMS } from './programs.ts';

/** How an undisturbed run of it ends. */
export interface CrashHistory {
  readonly name: string;
  readonly migrations: readonly Migration[];
  readonly ends: 'applied' | 'failed';
}

const PROGRAM_HASH = '0'.repeat(64);

/** Each leaves something behind with each of its statements, and none can be run twice. */
const GENERATED: Readonly<Record<string, string>> = {
  '0000_items': `CREATE TYPE level AS ENUM ('low', 'high');
    CREATE TABLE items (id int PRIMARY KEY, level level, visits int NOT NULL DEFAULT 0);
    INSERT INTO items SELECT n, 'low' FROM generate_series(1, 5) AS n;`,
  '0001_index': `UPDATE items SET visits = visits + 1;
    CREATE INDEX CONCURRENTLY items_level ON items (level);
    INSERT INTO items VALUES (6, 'high');
    CREATE UNIQUE INDEX CONCURRENTLY items_visits ON items (visits, id);
    DROP INDEX CONCURRENTLY items_level;`,
  '0002_value': `ALTER TYPE level ADD VALUE 'top';
    INSERT INTO items VALUES (7, 'top');
    COMMIT;
    UPDATE items SET visits = visits + 10;`,
  '0003_parts': `CREATE TABLE parts (n int, note text) PARTITION BY LIST (n);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
    INSERT INTO parts VALUES (1, 'one');
    COMMIT;
    ALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY;
    VACUUM items;
    REINDEX INDEX CONCURRENTLY items_visits;
    INSERT INTO parts_1 VALUES (1, 'two');`,
  '0004_program': programSql(PROGRAM_HASH),
  '0005_more': `CREATE TABLE notes (item int REFERENCES items, body text); INSERT INTO notes VALUES (7, 'x');`,
};

/** Of the last, the first step stays and the second fails on the rows: also the index that it built in vain is gone. */
const FAILING = `CREATE TABLE extra (id int); INSERT INTO notes VALUES (7, 'y');
  CREATE UNIQUE INDEX CONCURRENTLY notes_item ON notes (item);`;

export async function generatedHistory(ends: CrashHistory['ends']): Promise<CrashHistory> {
  const files = ends === 'failed' ? { ...GENERATED, '0006_failing': FAILING } : GENERATED;
  const { migrations } = await sqlBundle(files);
  return {
    name: `generated, ${ends}`,
    ends,
    migrations: migrations.map((migration) =>
      migration.tag in CRASH_PROGRAMS
        ? { ...migration, program: { hash: PROGRAM_HASH, export: 'default' } }
        : migration,
    ),
  };
}

/** The repository's own history, without the statements that only the proxy understands. */
export async function demoHistory(): Promise<CrashHistory> {
  const folder = fileURLToPath(new URL('../../../../../drizzle/', import.meta.url));
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  const { migrations } = await sqlBundle(
    Object.fromEntries(
      names.toSorted().map((name) => [name.slice(0, -'.sql'.length), readFileSync(folder + name, 'utf8')]),
    ),
  );
  const plain = migrations.map((migration) => ({
    ...migration,
    server: migration.server.filter(({ kind }) => kind === 'sql'),
  }));
  return { name: "the repository's own", migrations: plain, ends: 'applied' };
}
