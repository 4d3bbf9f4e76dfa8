import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import type { JournalMigration } from '../journal-migration.ts';
import { readFolderLayout, readMigrations } from '../read-migrations.ts';
import { decideRenames, type RenameAnswer, type RenameQuestion } from './decide.ts';
import { type DrizzleKit, loadDrizzleKit, type SnapshotOptions } from './drizzle-kit.ts';
import { type Hints, readHints } from './hints.ts';
import type { Rename } from './item.ts';
import { type MigrationPrefix, migrationTag } from './migration-name.ts';
import { readNewestSnapshot } from './read-snapshots.ts';
import { renameInSnapshot } from './rename-snapshot.ts';
import { renameStatements } from './rename-sql.ts';
import type { Snapshot } from './snapshot.ts';
import { diffSnapshots } from './ungenerated.ts';
import { verifyGenerated } from './verify.ts';
import { BREAKPOINT, CUSTOM_SQL, writeMigration } from './write.ts';

export interface GenerateOptions extends Omit<SnapshotOptions, 'prevId'> {
  /** drizzle-kit's output folder. */
  readonly folder: string;
  /** What the schema module exports. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Of the file; two random words otherwise. */
  readonly name?: string | null;
  /** An empty file for SQL by hand, whatever the schema says. */
  readonly custom?: boolean;
  readonly hints?: Hints;
  /** Asks a person what became of something. Without it an undecided rename comes back as `undecided`. */
  readonly ask?: ((question: RenameQuestion) => Promise<RenameAnswer>) | null;
  readonly prefix?: MigrationPrefix;
  readonly breakpoints?: boolean;
  /** Replays the history on PGlite before anything is written: true. */
  readonly verify?: boolean;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly random?: () => number;
}

export type GenerateResult =
  | { readonly kind: 'unchanged' }
  /** Nothing was written: each question has the flags that answer it. */
  | { readonly kind: 'undecided'; readonly questions: readonly RenameQuestion[] }
  | {
      readonly kind: 'generated';
      readonly tag: string;
      readonly file: string;
      readonly statements: readonly string[];
      readonly renames: readonly Rename[];
      /** Whether the history was replayed; false where an older migration doesn't run on PGlite, or `verify` is off. */
      readonly isVerified: boolean;
    };

/**
 * Writes the migration that the schema asks for, as drizzle-kit 0.31 would: SQL, snapshot, journal. Without a terminal
 * renames are decided by hints; nothing is dropped that might have been renamed unless somebody says so.
 * Raises GENERATE_FAILED, GENERATE_HINT_UNKNOWN, SNAPSHOT_INVALID, CONFIG_INVALID and what `readMigrations` raises.
 */
export async function generate(options: GenerateOptions): Promise<GenerateResult> {
  const { folder, schema } = options;
  await requireJournal(folder);
  const kit = await loadDrizzleKit(folder);
  const journal = await readMigrations(folder);
  const before = await readNewestSnapshot(folder, journal);
  if (options.custom === true) {
    const snapshot = { ...before, id: randomUUID(), prevId: before.id };
    return write(options, journal, { snapshot, statements: null, renames: [] });
  }
  const after = kit.snapshot(schema, { ...options, prevId: before.id });
  requireTables(before, after);
  const hints = readHints(options.hints ?? {});
  const decided = await decideRenames(before, after, { hints, ask: options.ask ?? null });
  if (decided.undecided.length > 0) return { kind: 'undecided', questions: decided.undecided };
  const statements = await toStatements(kit, before, after, decided.renames);
  if (statements.length === 0) return unchanged(before, after);
  return write(options, journal, { snapshot: after, statements, renames: decided.renames });
}

/** The names of what no migration has yet: what differs between the newest snapshot and the schema. */
export async function ungeneratedChanges(
  options: Pick<GenerateOptions, 'folder' | 'schema' | 'casing' | 'schemaFilter'>,
): Promise<readonly string[]> {
  const kit = await loadDrizzleKit(options.folder);
  const before = await readNewestSnapshot(options.folder, await readMigrations(options.folder));
  return diffSnapshots(before, kit.snapshot(options.schema, { ...options, prevId: before.id }));
}

/** The SQL from one snapshot to another with these renames: first the renames, then what drizzle-kit makes of the rest. */
export async function toStatements(
  kit: DrizzleKit,
  before: Snapshot,
  after: Snapshot,
  renames: readonly Rename[],
): Promise<readonly string[]> {
  let renamed = withNewSchemas(before, after, renames);
  const statements = renamed === before ? [] : [...(await kit.statements(before, renamed))];
  for (const rename of renames) {
    statements.push(...renameStatements(renamed, rename));
    renamed = renameInSnapshot(renamed, after, rename);
  }
  return [...statements, ...(await kit.statements(renamed, after))];
}

/** What moves into a schema that is new as well needs it first. */
function withNewSchemas(before: Snapshot, after: Snapshot, renames: readonly Rename[]): Snapshot {
  const goals = new Set(
    renames.filter(({ from, to }) => from.schema !== to.schema).map(({ to }) => to.schema),
  );
  const old = new Set(renames.filter(({ from }) => from.kind === 'schema').map(({ to }) => to.name));
  const made = Object.keys(after.schemas).filter(
    (name) => goals.has(name) && !old.has(name) && !Object.hasOwn(before.schemas, name),
  );
  if (made.length === 0) return before;
  return {
    ...before,
    schemas: { ...before.schemas, ...Object.fromEntries(made.map((name) => [name, name])) },
  };
}

interface Made {
  readonly snapshot: Snapshot;
  /** Null for a custom migration. */
  readonly statements: readonly string[] | null;
  readonly renames: readonly Rename[];
}

async function write(
  options: GenerateOptions,
  journal: readonly JournalMigration[],
  { snapshot, statements, renames }: Made,
): Promise<GenerateResult> {
  const { folder, now = Date.now, random = Math.random, prefix = 'index', breakpoints = true } = options;
  const last = journal.at(-1);
  const index = (last?.index ?? -1) + 1;
  // Drizzle's own runner skips what isn't newer than all that it applied.
  const when = Math.max(now(), ...journal.map((entry) => entry.when + 1));
  const tag = migrationTag({ index, when, prefix, name: options.name ?? null, random });
  const file = join(folder, `${tag}.sql`);
  const sql = statements === null ? CUSTOM_SQL : statements.join(breakpoints ? BREAKPOINT : '\n');
  const isVerified = statements !== null && (await verify(options, journal, { file, sql }, snapshot));
  await writeMigration(folder, { tag, index, when, breakpoints, sql, snapshot });
  return { kind: 'generated', tag, file, statements: statements ?? [], renames, isVerified };
}

async function verify(
  options: GenerateOptions,
  journal: readonly JournalMigration[],
  generated: { readonly file: string; readonly sql: string },
  snapshot: Snapshot,
): Promise<boolean> {
  if (options.verify === false) return false;
  const disagreements = await verifyGenerated(journal, generated, snapshot);
  if (disagreements === null || disagreements.length === 0) return disagreements !== null;
  throw new LockstepError('GENERATE_FAILED', {
    message: `The SQL that drizzle-kit makes of this change does not lead to the schema: ${disagreements.join(', ')}.`,
    remedy:
      'Nothing was written. Make the change in two steps, e.g. the rename first and what is new afterwards.',
  });
}

/** A difference that no statement carries would be in the next snapshot, and never in a database. */
function unchanged(before: Snapshot, after: Snapshot): GenerateResult {
  const changed = diffSnapshots(before, after);
  if (changed.length === 0) return { kind: 'unchanged' };
  throw new LockstepError('GENERATE_FAILED', {
    message: `drizzle-kit makes no SQL of what changed in ${changed.join(', ')}.`,
    remedy: 'Write the change by hand in a migration of `--custom`, or take it out of the schema.',
  });
}

async function requireJournal(folder: string): Promise<void> {
  if ((await readFolderLayout(folder)) === 'journal') return;
  throw new LockstepError('GENERATE_FAILED', {
    message: `${folder} is laid out by drizzle-kit 1.0, and Lockstep writes the layout of 0.31.`,
    remedy: 'Generate with the drizzle-kit 1.0 of the checkout; everything else reads both layouts.',
  });
}

/** An empty or misspelt module would drop every table. */
function requireTables(before: Snapshot, after: Snapshot): void {
  if (Object.keys(after.tables).length > 0 || Object.keys(before.tables).length === 0) return;
  throw new LockstepError('GENERATE_FAILED', {
    message:
      'The schema module exports no tables, while the newest snapshot has some: every table would be dropped.',
    remedy:
      'Check the path of the schema (drizzle.config.ts). To drop them all, write that by hand in a migration of `--custom`.',
  });
}
