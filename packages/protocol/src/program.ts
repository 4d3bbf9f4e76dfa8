/** A TypeScript migration (D1): a module beside its SQL file, run in the same history. `defineMigration` makes one. */
export interface MigrationProgram {
  /** Its name in the history: the tag, or the tag without its number or time, so that renumbering keeps the module. */
  readonly id: string;
  /** Of the application, or whatever the author counts by: shown in reports, never compared. */
  readonly version: string;
  /** What it does, in a sentence. */
  readonly description: string;
  /**
   * `whole` (otherwise): all of it in the migration's one transaction. `steps`: each `step` and each batch of a
   * `backfill` in a transaction of its own that records that it is done, so that an interrupted run goes on there and
   * nothing is done twice; outside of them the database is read only.
   */
  readonly transaction?: 'whole' | 'steps';
  /** Run on servers and embedded databases; a replica gets the rows by sync, and the structure as derived DDL. */
  up(db: ProgramDatabase): Promise<void>;
  /** Undoes it, in one transaction. */
  down?(db: ProgramDatabase): Promise<void>;
}

/** The database as a program sees it. */
export interface ProgramDatabase {
  readonly target: 'server' | 'embedded';
  /** One statement. Parameters are texts: cast them in the SQL (`$1::text::bigint`). */
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    params?: readonly (string | null)[],
  ): Promise<Row[]>;
  /** One or more statements without parameters or rows. */
  exec(sql: string): Promise<void>;
  /**
   * A part that is done whole or not at all. Its name is unique within the program: by it an interrupted run knows what
   * is done already and leaves it out.
   */
  step(name: string, body: (db: ProgramDatabase) => Promise<void>): Promise<void>;
  /** Changes the rows of a table in batches, in the order of its key (D5). */
  backfill(options: BackfillOptions): Promise<BackfillResult>;
}

interface BackfillBase {
  /** The table: `items`, or `app.items` outside the schema `public`. */
  readonly table: string;
  /** By it an interrupted run finds its progress again: the table's name otherwise. Unique within the program. */
  readonly name?: string;
  /** Columns that are NOT NULL and unique together, in the order to go: the primary key otherwise. It must not change the values of these. */
  readonly key?: readonly string[];
  /** SQL: rows that it is about. All otherwise. */
  readonly where?: string;
  /** Rows of a batch: 1000 otherwise. */
  readonly batchSize?: number;
  /** How long to rest between two batches, in milliseconds, so that others get their turn: 0 otherwise. */
  readonly throttleMs?: number;
  readonly onProgress?: (progress: BackfillProgress) => void;
}

/** `set` as SQL (`name = lower(name)`), or a function that is given each batch's rows and writes what it wants. */
export type BackfillOptions<Row extends object = Record<string, unknown>> =
  | (BackfillBase & { readonly set: string; readonly each?: never })
  | (BackfillBase & {
      readonly each: (rows: readonly Row[], db: ProgramDatabase) => Promise<void>;
      readonly set?: never;
    });

/** Rows gone through so far, of about how many; both count the runs before an interruption. */
export interface BackfillProgress {
  readonly rows: number;
  readonly of: number;
}

export interface BackfillResult {
  /** Rows gone through, those of earlier, interrupted runs included. */
  readonly rows: number;
}

/**
 * Defines a TypeScript migration; the module exports it, named or as its default.
 * @example
 * export default defineMigration({
 *   id: 'lower_names',
 *   version: '1.4.0',
 *   description: 'Names are written in small letters.',
 *   transaction: 'steps',
 *   async up(db) {
 *     await db.backfill({ table: 'items', set: 'name = lower(name)' });
 *   },
 * });
 */
export function defineMigration(program: MigrationProgram): MigrationProgram {
  return program;
}
