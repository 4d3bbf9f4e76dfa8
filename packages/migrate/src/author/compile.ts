import type { Migration, ServerStatement } from '@lockstep/protocol';
import { LockstepError } from '@lockstep/protocol';
import type { Executor } from '../run/executor/executor.ts';
import { type ClassifiedStatement, classifyFile } from '../sql/classify.ts';
import { loadParser, type Parser } from '../sql/parser.ts';
import { plainForm } from '../sql/plain-form.ts';
import { parseNotes, toChangelog } from './changelog.ts';
import { toClientSchema } from './client-schema.ts';
import { isConstantExpression } from './constant-expression.ts';
import { toFootprint } from './footprint.ts';
import { type JournalMigration, readJournal, sha256 } from './journal.ts';
import { EMPTY_REPLAY, type ReplayStep, replayMigration } from './replay.ts';
import { openReplayDatabase } from './replay-database.ts';
import { toReplicaDdl } from './replica-ddl.ts';
import { diffSchema } from './schema-diff.ts';

export interface CompileOptions {
  /** What was compiled before: a migration whose file and history are the same keeps its replica statements. */
  readonly previous?: readonly Migration[];
}

/**
 * Compiles a folder of drizzle-kit for every target (decision 4), by replaying its history on an empty PGlite in memory.
 * Raises what `readJournal` raises, MIGRATION_SYNTAX, REPLICA_UNSUPPORTED, ELECTRIFY_UNKNOWN_TABLE, ELECTRIFY_NO_KEY,
 * and BUNDLE_INVALID when what was compiled before belongs to another history.
 */
export async function compile(folder: string, options: CompileOptions = {}): Promise<readonly Migration[]> {
  const journal = await readJournal(folder);
  if (journal.length === 0) return [];
  const parser = await loadParser();
  const db = await openReplayDatabase();
  try {
    return await compileHistory(journal, { parser, db, previous: options.previous ?? [] });
  } finally {
    await db.close();
  }
}

/** The same for a history that is read already. `db` is empty, and is left with the history applied. */
export async function compileHistory(
  journal: readonly JournalMigration[],
  tools: { readonly parser: Parser; readonly db: Executor; readonly previous: readonly Migration[] },
): Promise<readonly Migration[]> {
  const { parser, db, previous } = tools;
  const files = journal.map((entry) => ({
    entry,
    statements: classifyFile(parser, entry.sql, entry.file),
  }));
  const migrations: Migration[] = [];
  let state = EMPTY_REPLAY;
  for (const { entry, statements } of files) {
    const replayed = await replayMigration(db, parser, state, { ...entry, statements });
    state = replayed.state;
    const chain = sha256((migrations.at(-1)?.chain ?? '') + entry.hash);
    const pinned = findPinned(previous, entry, chain);
    migrations.push(toMigration(parser, { entry, statements, chain, pinned }, replayed.step));
  }
  return migrations;
}

interface CompiledFile {
  readonly entry: JournalMigration;
  readonly statements: readonly ClassifiedStatement[];
  readonly chain: string;
  readonly pinned: Migration['replica'] | null;
}

function toMigration(parser: Parser, file: CompiledFile, step: ReplayStep): Migration {
  const { entry, statements, chain, pinned } = file;
  const diff = diffSchema(step.before, step.after, {
    fillOf: (table, column) =>
      step.added.fillOf(table, column, (defaultSql) => isConstantExpression(parser, defaultSql)),
  });
  const footprint = toFootprint(diff, step.writes);
  const { tag, index, when, hash } = entry;
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
    server: statements.map(toServerStatement),
    embedded: statements.flatMap((statement) => plainForm(statement, entry.sql) ?? []),
    down: entry.down,
  };
}

function toReplica(statements: readonly string[]): Migration['replica'] {
  return { statements: [...statements], hash: sha256(statements.join('\n')) };
}

function toServerStatement(statement: ClassifiedStatement): ServerStatement {
  const { text, start, place, electric, isTransactional } = statement;
  return { sql: text, start, ...place, kind: electric?.kind ?? 'sql', transactional: isTransactional };
}

function findPinned(
  previous: readonly Migration[],
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
