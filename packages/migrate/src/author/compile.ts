import type {
  Migration,
  MigrationBundle,
  MigrationProgram,
  MigrationStatement,
  ReplicaMigration,
} from '@lockstep/protocol';
import { LockstepError } from '@lockstep/protocol';
import { prepareStructure } from '../operate/structure/index.ts';
import type { Executor } from '../run/executor/executor.ts';
import { sealOf } from '../run/seal.ts';
import { classifyFile } from '../sql/classify.ts';
import { parseCreateExtension } from '../sql/create-extension.ts';
import { loadParser, type Parser } from '../sql/parser.ts';
import { parseNotes, toChangelog } from './changelog.ts';
import { toClientSchema } from './client-schema.ts';
import { isConstantExpression } from './constant-expression.ts';
import { EMPTY_CATALOGUE } from './down/catalogue.ts';
import { compileDown, type DownMode } from './down/compile-down.ts';
import { readCatalogue } from './down/read-catalogue.ts';
import { toFootprint } from './footprint.ts';
import { type JournalMigration, type ProgramSource, sha256 } from './journal-migration.ts';
import { type LoadedProgram, loadProgram, programSourceOf } from './program/load-program.ts';
import { moduleHashOf } from './program/program-sql.ts';
import { readMigrations } from './read-migrations.ts';
import type { ReadableFiles } from './read-text.ts';
import { EMPTY_REPLAY, type ReplayedFile, type ReplayStep, replayMigration } from './replay.ts';
import { openReplayDatabase } from './replay-database.ts';
import { toReplicaDdl } from './replica-ddl.ts';
import { diffSchema } from './schema-diff.ts';
import { type SteppedFile, type SteppedStatement, toReplaySteps, toServerSteps } from './steps.ts';
import { unelectrify } from './unelectrify.ts';

export interface CompileOptions {
  /** Reads the folder: the disk otherwise. */
  readonly files?: ReadableFiles;
  /** What was compiled before: a migration whose file and history are the same keeps its replica statements. */
  readonly previous?: readonly ReplicaMigration[];
  /** What becomes of the downs (D3): `read` takes the files as they are, which is what is done otherwise. */
  readonly downs?: DownMode;
  /** The newest migration that is released: the downs up to it stay as they are. None by default. */
  readonly releasedUpTo?: string | null;
  /** Told of a migration that can't be undone, with the reasons. */
  readonly onWithoutDown?: (tag: string, reasons: readonly string[]) => void;
}

/**
 * Compiles a folder of drizzle-kit for every target (decision 4), by replaying its history on an empty PGlite in memory.
 * Raises what `readMigrations` raises, MIGRATION_SYNTAX, REPLICA_UNSUPPORTED, ELECTRIFY_UNKNOWN_TABLE, ELECTRIFY_NO_KEY,
 * and BUNDLE_INVALID when what was compiled before belongs to another history.
 */
export async function compile(folder: string, options: CompileOptions = {}): Promise<readonly Migration[]> {
  return (await compileBundle(folder, options)).migrations;
}

/** A bundle with the programs of its TypeScript migrations, loaded from the folder. Raises what `compile` raises. */
export interface CompiledBundle extends MigrationBundle {
  readonly programs: Readonly<Record<string, MigrationProgram>>;
  /** The text of each program's module. */
  readonly sources: Readonly<Record<string, string>>;
}

/** The same with the programs of the TypeScript migrations, which can then be run. Raises PROGRAM_INVALID besides. */
export async function compileBundle(folder: string, options: CompileOptions = {}): Promise<CompiledBundle> {
  const journal = await readMigrations(folder, options.files);
  if (journal.length === 0) return { migrations: [], programs: {}, sources: {} };
  const prepared = await prepare(await loadParser(), journal, options.previous ?? []);
  const db = await openReplayDatabase(extensionsOf(prepared));
  try {
    const migrations = await compilePrepared(prepared, db, options);
    const loaded = prepared.files.flatMap(({ entry: { tag }, program }) =>
      program === null ? [] : [{ tag, program }],
    );
    return {
      migrations,
      programs: Object.fromEntries(loaded.map(({ tag, program }) => [tag, program.program])),
      sources: Object.fromEntries(loaded.map(({ tag, program }) => [tag, program.text])),
    };
  } finally {
    await db.close();
  }
}

/** The same for a history that is read already. `db` is empty, and is left with the history applied. */
export async function compileHistory(
  journal: readonly JournalMigration[],
  tools: { readonly parser: Parser; readonly db: Executor; readonly previous: readonly ReplicaMigration[] },
  options: CompileOptions = {},
): Promise<readonly Migration[]> {
  return compilePrepared(await prepare(tools.parser, journal, tools.previous), tools.db, options);
}

interface PreparedFile extends ReplayedFile {
  readonly entry: JournalMigration;
  readonly server: readonly SteppedStatement[];
  readonly chain: string;
  readonly pinned: Migration['replica'] | null;
  readonly program: (LoadedProgram & ProgramSource) | null;
}

interface PreparedHistory {
  readonly parser: Parser;
  readonly files: readonly PreparedFile[];
}

/** All that can be known, and refused, without a database: booting one takes seconds. */
async function prepare(
  parser: Parser,
  journal: readonly JournalMigration[],
  previous: readonly ReplicaMigration[],
): Promise<PreparedHistory> {
  let chain = '';
  const files: PreparedFile[] = [];
  for (const entry of journal) {
    chain = sha256(chain + entry.hash);
    const statements = classifyFile(parser, entry.sql, entry.file);
    const file: SteppedFile = { file: entry.file, sql: entry.sql, statements };
    const source = programSourceOf(entry);
    files.push({
      ...file,
      entry,
      server: toServerSteps(file),
      replay: toReplaySteps(file),
      chain,
      pinned: findPinned(previous, entry, chain),
      program: source === null ? null : { ...source, ...(await loadProgram(entry.tag, source)) },
    });
  }
  return { parser, files };
}

/** The extensions that a history creates. */
function extensionsOf({ files }: PreparedHistory): readonly string[] {
  const created = files.flatMap(({ statements }) =>
    statements.filter(({ node }) => node === 'CreateExtensionStmt'),
  );
  return [...new Set(created.map(({ text }) => parseCreateExtension(text).name))];
}

async function compilePrepared(
  { parser, files }: PreparedHistory,
  db: Executor,
  options: CompileOptions,
): Promise<readonly Migration[]> {
  const { downs = 'read', releasedUpTo = null, onWithoutDown } = options;
  const newestReleased = files.findIndex(({ entry }) => entry.tag === releasedUpTo);
  const migrations: Migration[] = [];
  const readStructure = await prepareStructure(db);
  let state = EMPTY_REPLAY;
  let before = EMPTY_CATALOGUE;
  for (const [position, file] of files.entries()) {
    const { entry } = file;
    const replayed = await replayMigration(db, { parser, readStructure }, state, file);
    const after = await db.transaction(readCatalogue);
    const synced = { before: state.synced, after: replayed.state.synced };
    const { writes } = replayed.step;
    const isServerReplayed = replayed.step.structure.serverUnknown === null;
    const isReleased = position <= newestReleased;
    const structure = {
      before: state.structure.structure,
      after: replayed.state.structure.structure,
      read: readStructure,
    };
    const seen = { ...file, before, after, synced, writes, structure, isReleased, isServerReplayed };
    // A program can't be undone by what is read off the structure: it has a down() of its own.
    const mode = file.program === null ? downs : 'read';
    const { down, stash, reasons } = await compileDown(db, parser, seen, mode);
    const isUndone = down !== null || file.program?.program.down !== undefined;
    if (!isUndone) onWithoutDown?.(entry.tag, file.program === null ? reasons : ['its module has no down()']);
    migrations.push({ ...toMigration(parser, file, replayed.step), down, stash });
    state = replayed.state;
    before = after;
  }
  return migrations;
}

function toMigration(parser: Parser, file: PreparedFile, step: ReplayStep): Omit<Migration, 'down'> {
  const { entry, chain, pinned } = file;
  const diff = diffSchema(step.before, step.after, {
    fillOf: (table, column) =>
      step.added.fillOf(table, column, (defaultSql) => isConstantExpression(parser, defaultSql)),
  });
  const footprint = toFootprint(diff, step.writes);
  const { tag, index, when, hash } = entry;
  const runs = {
    server: file.server.map(toStatement),
    embedded: file.replay.filter(({ source }) => !source.isServerOnly).map(toStatement),
    program:
      file.program === null ? null : { hash: moduleHashOf(file.program.text), export: file.program.export },
  };
  return {
    tag,
    index,
    when,
    hash,
    chain,
    replica: pinned ?? toReplica(toReplicaDdl(diff)),
    schema: toClientSchema(step.after),
    footprint: [...footprint],
    summary: [...(entry.notes === null ? toChangelog(footprint) : parseNotes(entry.notes))],
    ...runs,
    plainHash: plainHashOf(entry.sql),
    seal: sealOf(runs),
    structure: step.structure,
  };
}

function plainHashOf(sql: string): string | null {
  const plain = unelectrify(sql);
  return plain === null ? null : sha256(plain);
}

function toReplica(statements: readonly string[]): Migration['replica'] {
  return { statements: [...statements], hash: sha256(statements.join('\n')) };
}

function toStatement({ source: _source, ...statement }: SteppedStatement): MigrationStatement {
  return statement;
}

function findPinned(
  previous: readonly ReplicaMigration[],
  entry: JournalMigration,
  chain: string,
): Migration['replica'] | null {
  const known = previous.find(({ tag, hash }) => tag === entry.tag && hash === entry.hash);
  if (known === undefined) return null;
  if (known.chain !== chain) {
    throw new LockstepError('BUNDLE_INVALID', {
      message: `${entry.tag} is unchanged, but a migration before it was edited, added or removed since it was compiled.`,
      remedy:
        'Restore what came before it if anything was released. If nothing was, compile without what was compiled before (delete the bundle folder).',
      place: { file: entry.file },
    });
  }
  if (known.replica.hash !== sha256(known.replica.statements.join('\n'))) {
    throw new LockstepError('BUNDLE_INVALID', {
      message: `The replica statements of ${entry.tag} were edited by hand: they don't have their hash.`,
      remedy: 'Restore the generated file from version control.',
      place: { file: entry.file },
    });
  }
  return known.replica;
}
