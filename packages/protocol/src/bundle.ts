import * as z from 'zod';
import type { MigrationProgram } from './program.ts';
import { stashItemSchema } from './stash-item.ts';

/** A column as the replica target has it. `type` is what Postgres's `format_type` says, e.g. `character varying(20)`. */
export const columnSchema = z.object({
  name: z.string(),
  type: z.string(),
  notNull: z.boolean(),
  /** Zero-based position in the primary key, or null. */
  keyIndex: z.number().int().nullable(),
  /** The default as SQL (`pg_get_expr`), or null. Never enforced on a replica; a fact for local writes. */
  default: z.string().nullable(),
  generated: z.boolean(),
});
export type ColumnFact = z.infer<typeof columnSchema>;

/** A constraint that the server enforces and a replica does not: a fact for validating local writes. */
export const constraintSchema = z.object({
  name: z.string(),
  kind: z.enum(['check', 'unique', 'foreign-key']),
  columns: z.array(z.string()),
  /** As `pg_get_constraintdef` writes it. */
  definition: z.string(),
});
export type ConstraintFact = z.infer<typeof constraintSchema>;

/** A synced table, columns in the table's order. */
export const tableSchema = z.object({
  schema: z.string(),
  name: z.string(),
  columns: z.array(columnSchema),
  constraints: z.array(constraintSchema),
});
export type TableFact = z.infer<typeof tableSchema>;

export const enumTypeSchema = z.object({
  schema: z.string(),
  name: z.string(),
  labels: z.array(z.string()),
});
export type EnumTypeFact = z.infer<typeof enumTypeSchema>;

/** What a client sees of a version: its synced tables and the enum types that they use. */
export const clientSchemaSchema = z.object({
  types: z.array(enumTypeSchema),
  tables: z.array(tableSchema),
});
export type ClientSchema = z.infer<typeof clientSchemaSchema>;

/**
 * What a migration does to what clients see, one entry a change. `table` and `column` are the names before the change.
 * `rowsDiffer` on an added column: the server's existing rows may hold other values than a local
 * `ADD COLUMN … DEFAULT` gives (volatile default, generated column, or the same migration writes the table).
 */
export const changeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('create-table'), table: z.string() }),
  z.object({ kind: z.literal('drop-table'), table: z.string() }),
  z.object({ kind: z.literal('rename-table'), table: z.string(), to: z.string() }),
  z.object({
    kind: z.literal('add-column'),
    table: z.string(),
    column: z.string(),
    rowsDiffer: z.boolean(),
  }),
  z.object({ kind: z.literal('drop-column'), table: z.string(), column: z.string() }),
  z.object({
    kind: z.literal('rename-column'),
    table: z.string(),
    column: z.string(),
    to: z.string(),
  }),
  z.object({
    kind: z.literal('alter-type'),
    table: z.string(),
    column: z.string(),
    from: z.string(),
    to: z.string(),
  }),
  z.object({
    kind: z.literal('alter-nullability'),
    table: z.string(),
    column: z.string(),
    notNull: z.boolean(),
  }),
  z.object({ kind: z.literal('alter-default'), table: z.string(), column: z.string() }),
  z.object({ kind: z.literal('alter-key'), table: z.string() }),
  z.object({ kind: z.literal('alter-constraints'), table: z.string() }),
  z.object({
    kind: z.literal('alter-enum'),
    type: z.string(),
    added: z.array(z.string()),
    removed: z.array(z.string()),
  }),
  /** DML of the migration on a synced table: the server's alone, rows arrive by sync. */
  z.object({ kind: z.literal('write-rows'), table: z.string() }),
]);
export type Change = z.infer<typeof changeSchema>;

/** The replica half of a migration: what a client needs, and all that the server sends it. */
export const replicaMigrationSchema = z.object({
  tag: z.string(),
  index: z.number().int().nonnegative(),
  /** The journal's `when`, milliseconds since 1970. */
  when: z.number().int(),
  /** sha256 of the file's text, hex: what Drizzle's tracking table holds. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** sha256 of the previous entry's chain followed by this hash; of the hash alone for the first. */
  chain: z.string().regex(/^[0-9a-f]{64}$/),
  replica: z.object({
    statements: z.array(z.string()),
    /** sha256 of the statements joined by newlines: pins them against a newer compiler. */
    hash: z.string(),
  }),
  /** The client-visible schema after this migration. */
  schema: clientSchemaSchema,
  footprint: z.array(changeSchema),
  /** What is new, in plain words, a sentence each: "Items have an estimate now." Empty when a user sees nothing. */
  summary: z.array(z.string()),
});
export type ReplicaMigration = z.infer<typeof replicaMigrationSchema>;

const objectNameSchema = z.object({
  /** Null where the search path decides. */
  schema: z.string().nullable(),
  name: z.string(),
});

/**
 * What a statement outside of transactions does, so that a runner without a parser can look in the catalogue how far an
 * interrupted one got. `repeatable` is simply run again (VACUUM); of an `unknown` one nothing can be told.
 */
export const aloneWorkSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('create-index'),
    table: objectNameSchema,
    /** Null where Postgres chooses the name. */
    name: z.string().nullable(),
  }),
  z.object({ kind: z.literal('drop-index'), index: objectNameSchema }),
  z.object({
    kind: z.literal('reindex'),
    object: z.enum(['index', 'table', 'schema', 'database', 'system']),
    /** Null where it is the database at hand. */
    name: objectNameSchema.nullable(),
  }),
  z.object({
    kind: z.literal('detach-partition'),
    table: objectNameSchema,
    partition: objectNameSchema,
  }),
  z.object({ kind: z.literal('repeatable') }),
  z.object({ kind: z.literal('unknown') }),
]);
export type AloneWork = z.infer<typeof aloneWorkSchema>;

/** A statement of a migration as a server or an embedded database gets it. */
export const migrationStatementSchema = z.object({
  sql: z.string(),
  /** UTF-16 offset of the statement's first character in the file, and its place there, from 1. */
  start: z.number().int(),
  line: z.number().int(),
  column: z.number().int(),
  /** `enable-electric` and `disable-electric` are understood by the proxy only. */
  kind: z.enum(['sql', 'enable-electric', 'disable-electric']),
  transactional: z.boolean(),
  /** From 0, never falling: those of one step run in one transaction. One that is not transactional is alone in its step. */
  step: z.number().int().nonnegative(),
  /** Of a statement that is not transactional. */
  alone: aloneWorkSchema.optional(),
  /**
   * Of a statement that may change rows: the tables that it takes rows away from by its own words. The name `*` is every
   * table of the schema. Absent where no row can change.
   */
  removes: z.array(objectNameSchema).optional(),
  /** What the file has SET when a statement outside of transactions runs: for the session, and to be put back. */
  settings: z.array(z.object({ name: z.string(), sql: z.string() })).optional(),
});
export type MigrationStatement = z.infer<typeof migrationStatementSchema>;

/** How a migration is undone (D3). `start`, `line` and `column` of its statements are those of `down/<tag>.sql`. */
export const downSchema = z.object({
  /** The file's text. */
  sql: z.string(),
  /** `generated` from the history; `written` by hand, also when a generated one was edited. */
  origin: z.enum(['generated', 'written']),
  server: z.array(migrationStatementSchema),
  embedded: z.array(migrationStatementSchema),
  /** Behind how many statements the migration's own stash is brought back: before constraints that need the values. */
  restoreAfter: z.object({ server: z.number().int(), embedded: z.number().int() }),
  /** What undoing loses, and a stash keeps until the migration is applied again. */
  lossy: z.array(stashItemSchema),
});
export type Down = z.infer<typeof downSchema>;

/** What a migration changes in the structure of a database: identities of objects with their definitions. */
export const structureDeltaSchema = z.object({
  /** New and changed objects. */
  set: z.record(z.string(), z.string()),
  /** Identities of objects that are gone. */
  drop: z.array(z.string()),
});
export type StructureDelta = z.infer<typeof structureDeltaSchema>;

/**
 * The structure that a migration promises, as the difference to the one before it: of a server, from which an embedded
 * database's follows. Where the server's can't be known (`serverUnknown` says why), the embedded database's.
 */
export const structurePromiseSchema = z.object({
  delta: structureDeltaSchema,
  serverUnknown: z.string().nullable(),
});
export type StructurePromise = z.infer<typeof structurePromiseSchema>;

/** One migration for every target (decision 4): one text, three lists of statements. */
export const migrationSchema = replicaMigrationSchema.extend({
  server: z.array(migrationStatementSchema),
  embedded: z.array(migrationStatementSchema),
  /** Absent in what an older compiler wrote: then nothing is promised. */
  structure: structurePromiseSchema.optional(),
  /** How it is undone, or null where that can't be generated and nobody wrote it. */
  down: z.preprocess((value) => (typeof value === 'string' ? null : value), downSchema.nullable()),
  /** What applying it loses, and a stash keeps for its down. Absent in entries of earlier compilers. */
  stash: z.array(stashItemSchema).optional(),
  /**
   * A TypeScript migration's module, by the sha256 of its text and the name of its export; null for one of SQL. Its
   * statements refuse to run: a runner runs the program in their place. On a replica none runs: what it does to rows
   * arrives by sync, and `replica` has the structure.
   */
  program: z.object({ hash: z.string(), export: z.string() }).nullable().default(null),
  /** sha256 of the file as it was before ENABLE ELECTRIC was put in, by which adoption knows it; null for the same file. */
  plainHash: z.string().nullable().default(null),
  /** sha256 over what a server and an embedded database run of it: shows a bundle that was edited. */
  seal: z.string().optional(),
});
export type Migration = z.infer<typeof migrationSchema>;

/** Every migration in the journal's order. */
export interface MigrationBundle {
  readonly migrations: readonly Migration[];
  /** The modules of its TypeScript migrations by tag. One that is read as data has none: then those can't be run from it. */
  readonly programs?: Readonly<Record<string, MigrationProgram>>;
}

/** What a browser carries of a bundle. */
export interface ReplicaBundle {
  readonly migrations: readonly ReplicaMigration[];
}

/** Drops what only servers and embedded databases need. */
export function toReplicaMigration(migration: Migration): ReplicaMigration {
  const {
    server: _server,
    embedded: _embedded,
    structure: _structure,
    down: _down,
    stash: _stash,
    program: _program,
    plainHash: _plainHash,
    seal: _seal,
    ...replica
  } = migration;
  return replica;
}
