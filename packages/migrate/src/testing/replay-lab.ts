import type { Migration } from '@lockstep/protocol';
import { type CompileOptions, compileHistory } from '../author/compile.ts';
import { introspect } from '../author/introspect.ts';
import type { Introspection } from '../author/introspection.ts';
import { sha256 } from '../author/journal-migration.ts';
import { openReplayDatabase } from '../author/replay-database.ts';
import type { Executor } from '../run/executor/executor.ts';
import { loadParser } from '../sql/parser.ts';

/** A migration with the text of its down. */
export interface LabFile {
  readonly sql: string;
  readonly down?: string;
}

/** One PGlite for all compilations of a test file: booting one takes seconds. */
export interface ReplayLab {
  readonly db: Executor;
  /** Compiles a history of these files, from nothing. */
  compile(
    files: readonly (string | LabFile)[],
    previous?: readonly Migration[],
    options?: Omit<CompileOptions, 'previous'>,
  ): Promise<readonly Migration[]>;
  /** Describes every table of the database as it is. */
  look(): Promise<Introspection>;
  /** Empties it. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function openReplayLab(extensions: readonly string[] = []): Promise<ReplayLab> {
  const db = await openReplayDatabase(extensions);
  const parser = await loadParser();
  const lab: ReplayLab = {
    db,
    async compile(files, previous = [], options = {}) {
      await lab.reset();
      const journal = files.map((given, index) => {
        const { sql, down = null } = typeof given === 'string' ? { sql: given } : given;
        const tag = `${String(index).padStart(4, '0')}_step`;
        const file = `${tag}.sql`;
        return {
          tag,
          index,
          when: index,
          file,
          sql,
          hash: sha256(sql),
          program: null,
          down,
          notes: null,
          snapshotFile: '',
        };
      });
      return compileHistory(journal, { parser, db, previous }, options);
    },
    look: () =>
      db.transaction(async (tx) => {
        const rows = await tx.query<{ oid: number }>(
          `SELECT c.oid::int8::int4 AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
        );
        return introspect(
          tx,
          parser,
          rows.map(({ oid }) => oid),
        );
      }),
    async reset() {
      await db.exec(`DO $$ DECLARE found name; BEGIN
        FOR found IN SELECT pubname FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', found); END LOOP;
        FOR found IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP
          EXECUTE format('DROP EXTENSION %I CASCADE', found);
        END LOOP; END $$`);
      await db.exec(
        'RESET ALL; DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;',
      );
    },
    close: () => db.close(),
  };
  return lab;
}
