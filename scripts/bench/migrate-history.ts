import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Migration, MigrationStatement } from '@lockstep/protocol';

/** A history of small migrations, as a folder for Drizzle, as a bundle for ours, and as one text. */
export interface BenchHistory {
  readonly folder: string;
  readonly bundle: { readonly migrations: readonly Migration[] };
  readonly sql: string;
}

/** Of each five: a table, a column, an index, rows, a constraint. Two statements each, as generated ones have. */
function statementsOf(index: number): readonly string[] {
  const table = `"t${Math.floor(index / 5)}"`;
  const kinds: readonly (readonly string[])[] = [
    [
      `CREATE TABLE ${table} (\n\t"id" integer PRIMARY KEY NOT NULL,\n\t"name" text NOT NULL,\n\t"at" timestamp with time zone DEFAULT now() NOT NULL\n)`,
      `CREATE INDEX "t${index}_at" ON ${table} USING btree ("at")`,
    ],
    [
      `ALTER TABLE ${table} ADD COLUMN "n" integer DEFAULT 0 NOT NULL`,
      `ALTER TABLE ${table} ADD COLUMN "note" text`,
    ],
    [
      `CREATE INDEX "t${index}_n" ON ${table} USING btree ("n")`,
      `ALTER TABLE ${table} ALTER COLUMN "note" SET DEFAULT ''`,
    ],
    [`INSERT INTO ${table} (id, name) VALUES (1, 'a'), (2, 'b')`, `UPDATE ${table} SET n = id`],
    [
      `ALTER TABLE ${table} ADD CONSTRAINT "t${index}_c" CHECK (n >= 0)`,
      `ALTER TABLE ${table} ALTER COLUMN "note" DROP DEFAULT`,
    ],
  ];
  return kinds[index % 5] ?? [];
}

const BREAKPOINT = ';\n--> statement-breakpoint\n';

export function createHistory(length: number): BenchHistory {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  mkdirSync(join(folder, 'meta'));
  const texts = Array.from({ length }, (_, index) => `${statementsOf(index).join(BREAKPOINT)};`);
  const tags = texts.map((_, index) => `${String(index).padStart(4, '0')}_step`);
  for (const [index, text] of texts.entries()) writeFileSync(join(folder, `${tags[index]}.sql`), text);
  const entries = tags.map((tag, idx) => ({
    idx,
    version: '7',
    when: (idx + 1) * 1000,
    tag,
    breakpoints: true,
  }));
  writeFileSync(
    join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  let chain = '';
  const migrations = texts.map((text, index): Migration => {
    const hash = sha256(text);
    chain = sha256(chain + hash);
    const statements = statementsOf(index).map(
      (sql): MigrationStatement => ({
        sql,
        start: text.indexOf(sql),
        line: text.slice(0, text.indexOf(sql)).split('\n').length,
        column: 1,
        kind: 'sql',
        transactional: true,
        step: 0,
      }),
    );
    return {
      tag: tags[index] ?? '',
      index,
      when: (index + 1) * 1000,
      hash,
      chain,
      replica: { statements: [], hash: sha256('') },
      schema: { types: [], tables: [] },
      footprint: [],
      summary: [],
      server: statements,
      embedded: statements,
      down: null,
      program: null,
      plainHash: null,
    };
  });
  return { folder, bundle: { migrations }, sql: texts.join('\n') };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
