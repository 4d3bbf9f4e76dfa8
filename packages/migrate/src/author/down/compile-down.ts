import { type Down, LockstepError, type Migration, type StashItem } from '@lockstep/protocol';
import {
  diffStructures,
  formatStructureDiff,
  isSameStructure,
  type readStructure,
  type Structure,
  structureFor,
} from '../../operate/structure/index.ts';
import type { Executor } from '../../run/executor/executor.ts';
import { readSqlError } from '../../run/sql-error.ts';
import { type ClassifiedStatement, classifyFile } from '../../sql/classify.ts';
import type { Parser } from '../../sql/parser.ts';
import { tokenize } from '../../sql/token.ts';
import type { RowWrites } from '../footprint.ts';
import type { JournalMigration } from '../journal-migration.ts';
import { type SteppedFile, type SteppedStatement, toReplaySteps, toServerSteps } from '../steps.ts';
import type { Catalogue } from './catalogue.ts';
import { type DerivedDown, deriveDown } from './derive-down.ts';
import { RESTORE_MARK, readDownFile, renderDownFile } from './down-file.ts';
import { lostByApplying, lostByUndoing } from './lossy.ts';
import { type CatalogueMatch, matchCatalogues } from './match-catalogues.ts';
import { findObstacles, serverInverse } from './obstacles.ts';
import type { SyncedTables } from './rebuild.ts';

/**
 * `derive`: what isn't written by hand is generated, and everything is proven. `trust`: the same, but a generated file
 * of the same history is taken as proven. `read`: the files as they are, unproven.
 */
export type DownMode = 'derive' | 'trust' | 'read';

/** A migration that was just replayed, and what was seen of it. */
export interface ReplayedMigration {
  readonly entry: JournalMigration;
  readonly chain: string;
  readonly statements: readonly ClassifiedStatement[];
  readonly replay: readonly SteppedStatement[];
  readonly before: Catalogue;
  readonly after: Catalogue;
  readonly synced: SyncedTables;
  readonly writes: RowWrites;
  /** What servers alone get was replayed as well. */
  readonly isServerReplayed: boolean;
  /** The structure before and behind it, as it is promised, and how to read it of the database. */
  readonly structure: {
    readonly before: Structure;
    readonly after: Structure;
    readonly read: typeof readStructure;
  };
  /** Released: its down stays as it is. */
  readonly isReleased: boolean;
}

export interface CompiledDown {
  readonly down: Down | null;
  readonly stash: StashItem[];
  /** Why there is no down. Empty when there is one. */
  readonly reasons: readonly string[];
}

/**
 * How a migration is undone. `db` is in the state behind the migration, and is left so. Raises DOWN_WRONG when a down
 * that somebody wrote doesn't lead back to the structure before the migration, and MIGRATION_SYNTAX of its text.
 */
export async function compileDown(
  db: Executor,
  parser: Parser,
  migration: ReplayedMigration,
  mode: DownMode,
): Promise<CompiledDown> {
  const match = matchCatalogues(migration.before, migration.after);
  const converts = convertsByHand(migration);
  const stash = lostByApplying(match, converts);
  const lossy = lostByUndoing(match, converts);
  const made = (text: string, origin: Down['origin']): CompiledDown => ({
    down: toDown(parser, migration.entry.tag, text, origin, lossy),
    stash,
    reasons: [],
  });
  const { down: text } = migration.entry;
  const file = text === null ? null : readDownFile(text);
  if (text !== null && (mode === 'read' || migration.isReleased || file?.kind === 'written')) {
    const compiled = made(text, file?.kind ?? 'written');
    if (mode !== 'read') await proveWritten(db, parser, migration, text);
    return compiled;
  }
  if (mode === 'read') return { down: null, stash, reasons: [`there is no down/${migration.entry.tag}.sql`] };
  if (text !== null && mode === 'trust' && file?.kind === 'generated' && file.chain === migration.chain)
    return made(text, 'generated');
  const derived = await derive(db, parser, migration, match);
  if (derived.kind === 'none') return { down: null, stash, reasons: derived.reasons };
  return made(renderDownFile(derived.down, migration.chain, stash.length > 0), 'generated');
}

type Derivation =
  | { readonly kind: 'derived'; readonly down: DerivedDown }
  | { readonly kind: 'none'; readonly reasons: readonly string[] };

async function derive(
  db: Executor,
  parser: Parser,
  migration: ReplayedMigration,
  match: CatalogueMatch,
): Promise<Derivation> {
  const obstacles = findObstacles(parser, match, migration.statements, migration.writes);
  if (obstacles.length > 0) return { kind: 'none', reasons: obstacles };
  let down: DerivedDown | null = null;
  try {
    await lookAndUndo(db, async (tx) => {
      down = await deriveDown(tx, migration.before, migration.after, migration.synced);
      await requireInverse(tx, migration);
    });
  } catch (error) {
    if (error instanceof NotInverse)
      return { kind: 'none', reasons: [`its inverse could not be found: ${error.message}`] };
    const refusal = readSqlError(error);
    if (refusal === null) throw error;
    return { kind: 'none', reasons: [`its inverse could not be run: ${refusal.message}`] };
  }
  if (down === null) throw new Error('Assertion failed: nothing was derived, and nothing was thrown.');
  return { kind: 'derived', down: withServerInverses(parser, migration, down) };
}

/** Where the replay left out what servers alone get, that is undone first of all: policies before their tables. */
function withServerInverses(
  parser: Parser,
  { statements, isServerReplayed }: ReplayedMigration,
  down: DerivedDown,
): DerivedDown {
  if (isServerReplayed) return down;
  const inverses = statements
    .filter(({ isServerOnly, electric }) => isServerOnly && electric === null)
    .flatMap((statement) => serverInverse(parser, statement) ?? [])
    .toReversed();
  return {
    statements: [...inverses, ...down.statements],
    restoreAfter: down.restoreAfter + inverses.length,
  };
}

async function proveWritten(
  db: Executor,
  parser: Parser,
  migration: ReplayedMigration,
  text: string,
): Promise<void> {
  const replay = toReplaySteps(readDownStatements(parser, migration.entry.tag, text));
  try {
    await lookAndUndo(db, async (tx) => {
      await replayAll(tx, replay, migration);
      await requireInverse(tx, migration);
    });
  } catch (error) {
    const refusal = readSqlError(error);
    if (!(error instanceof NotInverse) && refusal === null) throw error;
    throw new LockstepError('DOWN_WRONG', {
      message: `down/${migration.entry.tag}.sql does not undo ${migration.entry.tag}: ${error instanceof Error ? error.message : String(error)}`,
      remedy:
        'It was tried on an empty database behind the migrations, and this is what differed then. Correct it, or delete it to have one generated.',
      place: { file: `down/${migration.entry.tag}.sql` },
      cause: error,
    });
  }
}

class NotInverse extends Error {}

/** The structure is that of before, and applying the migration again gives that of behind it. */
async function requireInverse(tx: Executor, migration: ReplayedMigration): Promise<void> {
  const { structure, synced } = migration;
  await requireStructure(tx, migration, {
    expected: structure.before,
    synced: synced.before,
    otherwise: 'the structure differs from the one before.',
  });
  await replayAll(tx, migration.replay, migration);
  await requireStructure(tx, migration, {
    expected: structure.after,
    synced: synced.after,
    otherwise: 'applied again, the migration does something else.',
  });
}

async function requireStructure(
  tx: Executor,
  { structure, synced, isServerReplayed }: ReplayedMigration,
  wanted: {
    readonly expected: Structure;
    readonly synced: ReadonlySet<number>;
    readonly otherwise: string;
  },
): Promise<void> {
  const actual = await structure.read(tx, { electrified: [...wanted.synced] });
  const target = isServerReplayed ? 'server' : 'embedded';
  // A synced table that is made anew has another OID, by which its replica identity isn't known as Electric's.
  const isResynced =
    synced.before.size !== synced.after.size || [...synced.before].some((oid) => !synced.after.has(oid));
  const judged = (of: Structure) =>
    Object.fromEntries(
      Object.entries(structureFor(target, of)).filter(
        ([identity]) => !(isResynced && identity.startsWith('replica identity ')),
      ),
    );
  const diff = diffStructures(judged(wanted.expected), judged(actual));
  if (!isSameStructure(diff)) throw new NotInverse(`${wanted.otherwise}\n${formatStructureDiff(diff)}`);
}

async function replayAll(
  tx: Executor,
  replay: readonly SteppedStatement[],
  { isServerReplayed }: ReplayedMigration,
): Promise<void> {
  for (const { sql, kind, source } of replay) {
    if (kind === 'sql' && (isServerReplayed || !source.isServerOnly)) await tx.exec(sql);
  }
}

class Undone extends Error {}

/** Runs in a transaction of which nothing stays. */
async function lookAndUndo(db: Executor, look: (tx: Executor) => Promise<void>): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await look(tx);
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
}

function convertsByHand({ statements, entry }: ReplayedMigration): boolean {
  return statements
    .filter(({ node }) => node === 'AlterTableStmt')
    .some(({ tokens }) =>
      tokens.some(
        ({ kind, start, end }) => kind === 'word' && entry.sql.slice(start, end).toLowerCase() === 'using',
      ),
    );
}

function toDown(
  parser: Parser,
  tag: Migration['tag'],
  sql: string,
  origin: Down['origin'],
  lossy: StashItem[],
): Down {
  const file = readDownStatements(parser, tag, sql);
  const mark = markOffset(sql);
  const strip = ({ source: _source, ...statement }: SteppedStatement) => statement;
  const server = toServerSteps(file).map(strip);
  const embedded = toReplaySteps(file)
    .filter(({ source }) => !source.isServerOnly)
    .map(strip);
  const behind = (list: readonly { readonly start: number }[]) =>
    mark === null ? list.length : list.filter(({ start }) => start < mark).length;
  return {
    sql,
    origin,
    server,
    embedded,
    restoreAfter: { server: behind(server), embedded: behind(embedded) },
    lossy,
  };
}

function readDownStatements(parser: Parser, tag: string, sql: string): SteppedFile {
  const file = `down/${tag}.sql`;
  return { file, sql, statements: classifyFile(parser, sql, file) };
}

/** Where the mark stands, on a line of its own and outside of every statement; null without one. */
function markOffset(sql: string): number | null {
  const at = sql.search(new RegExp(`^${RESTORE_MARK}\\s*$`, 'm'));
  const isInside = tokenize(sql).some(({ start, end }) => start < at && at < end);
  return at === -1 || isInside ? null : at;
}
