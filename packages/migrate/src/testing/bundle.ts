import { createHash } from 'node:crypto';
import type { Migration, MigrationStatement } from '@lockstep/protocol';
import { placeOfOffset } from '../run/sql-position.ts';

/** A migration for a test, by its statements: a text is one that runs in a transaction. */
export interface TestMigration {
  readonly tag: string;
  /** The n-th of a bundle is at second n otherwise. */
  readonly when?: number;
  readonly statements: readonly (string | Partial<MigrationStatement>)[];
  /** The same as `statements` otherwise. */
  readonly replica?: readonly string[];
}

const BREAKPOINT = '\n--> statement-breakpoint\n';

/** What drizzle-kit's file of it would hold. */
export function fileText(migration: TestMigration): string {
  return migration.statements.map((statement) => `${sqlOf(statement)};`).join(BREAKPOINT);
}

/** A bundle with real hashes and chains, as the compiler would make it of these files. */
export function testBundle(migrations: readonly TestMigration[]): {
  readonly migrations: readonly Migration[];
} {
  let chain = '';
  return {
    migrations: migrations.map((migration, index) => {
      const text = fileText(migration);
      const hash = sha256(text);
      chain = sha256(chain + hash);
      const statements = toStatements(migration, text);
      const replica = migration.replica ?? migration.statements.map(sqlOf);
      return {
        tag: migration.tag,
        index,
        when: migration.when ?? (index + 1) * 1000,
        hash,
        chain,
        replica: { statements: [...replica], hash: sha256(replica.join('\n')) },
        schema: { types: [], tables: [] },
        footprint: [],
        summary: [],
        server: statements,
        embedded: statements,
        down: null,
        program: null,
        plainHash: null,
      };
    }),
  };
}

function toStatements(migration: TestMigration, text: string): MigrationStatement[] {
  let start = 0;
  let step = 0;
  let wasAlone = false;
  return migration.statements.map((statement, index) => {
    const sql = sqlOf(statement);
    const own = typeof statement === 'string' ? {} : statement;
    const isAlone = own.transactional === false;
    if (index > 0 && (isAlone || wasAlone)) step += 1;
    wasAlone = isAlone;
    const made: MigrationStatement = {
      kind: 'sql',
      transactional: true,
      step,
      ...own,
      sql,
      start,
      ...placeOfOffset(text, start),
    };
    start += sql.length + 1 + BREAKPOINT.length;
    return made;
  });
}

function sqlOf(statement: string | Partial<MigrationStatement>): string {
  return typeof statement === 'string' ? statement : (statement.sql ?? '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
