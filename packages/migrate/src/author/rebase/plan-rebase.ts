import type { Parser } from '../../sql/parser.ts';
import { listChanges } from '../generate/changes.ts';
import type { DrizzleKit } from '../generate/drizzle-kit.ts';
import { toStatements } from '../generate/generate.ts';
import { ITEM_KINDS, type Item, isSameItem, type Rename } from '../generate/item.ts';
import { renameInSnapshot } from '../generate/rename-snapshot.ts';
import { formatIndex, type Snapshot } from '../generate/snapshot.ts';
import { describeConflict, type RebaseConflict } from './conflict.ts';
import type { SideHistory, SideMigration } from './history.ts';
import { followItem, readRenames } from './read-renames.ts';
import { regenerate } from './regenerate.ts';
import { replayDelta } from './replay-delta.ts';

/** One of my migrations, and what it is behind main's. */
export interface RebasedMigration {
  readonly from: SideMigration;
  readonly tag: string;
  readonly index: number;
  /** Milliseconds since 1970; later than all before. */
  readonly when: number;
  /** `kept` is byte-equal: databases that have it know it by its hash, and only learn its new name. */
  readonly text: 'kept' | 'regenerated';
  readonly sql: string;
  readonly snapshot: Snapshot;
}

export type RebasePlan =
  | { readonly kind: 'conflicts'; readonly conflicts: readonly RebaseConflict[] }
  | {
      readonly kind: 'rebased';
      readonly migrations: readonly RebasedMigration[];
      /** Mine that main made superfluous: it has made the same change. */
      readonly superfluous: readonly string[];
    };

export interface RebaseTools {
  readonly parser: Parser;
  readonly kit: DrizzleKit;
}

/** My migrations that main doesn't have, in their order: not by name and not by content. */
export function listMine(main: SideHistory, mine: SideHistory): readonly SideMigration[] {
  return mine.migrations.filter((migration) => !main.migrations.some((other) => isSame(migration, other)));
}

/** Puts mine behind main's: numbers, times, snapshots, and the SQL where main's changes make it another. */
export async function planRebase(
  main: SideHistory,
  mine: SideHistory,
  { parser, kit }: RebaseTools,
): Promise<RebasePlan> {
  const own = listMine(main, mine);
  const theirs = main.migrations.filter(
    (migration) => !mine.migrations.some((other) => isSame(migration, other)),
  );
  const mainRenames = theirs.flatMap(({ sql }) => readRenames(parser, sql));
  const follow = (snapshot: Snapshot) =>
    mainRenames.reduce((state, rename) => renameInSnapshot(state, head, rename), snapshot);
  const head = await main.snapshot(main.migrations.length - 1);
  const migrations: RebasedMigration[] = [];
  const superfluous: string[] = [];
  const conflicts: RebaseConflict[] = [];
  let previous: { readonly snapshot: Snapshot; readonly index: number; readonly when: number } = {
    snapshot: head,
    index: main.migrations.length - 1,
    when: Math.max(0, ...main.migrations.map(({ when }) => when)),
  };
  for (const from of own) {
    const [before, after] = [await mine.snapshotBefore(from.index), await mine.snapshot(from.index)];
    const replayed = replayDelta(follow(before), follow(after), previous.snapshot);
    const ownRenames = realRenames(readRenames(parser, from.sql), before, after);
    const twice = ownRenames.filter((rename) => isRenamedOtherwise(rename, mainRenames));
    conflicts.push(
      ...[...replayed.conflicts, ...twice.map(({ from: item }) => ({ path: pathOf(item) }))].map((conflict) =>
        describeConflict(conflict, theirs, from),
      ),
    );
    if (conflicts.length > 0) continue;
    const snapshot = { ...replayed.snapshot, id: after.id, prevId: previous.snapshot.id };
    const renames = ownRenames.map((rename) => followRename(rename, mainRenames));
    const text = regenerate(
      from.sql,
      await toStatements(kit, before, after, ownRenames),
      await toStatements(kit, previous.snapshot, snapshot, realRenames(renames, previous.snapshot, snapshot)),
    );
    if (text.kind === 'superfluous') {
      superfluous.push(from.tag);
      continue;
    }
    const index = previous.index + 1;
    const when = Math.max(from.when, previous.when + 1);
    migrations.push({
      from,
      tag: renumber(from, index),
      index,
      when,
      text: text.kind,
      sql: text.sql,
      snapshot,
    });
    previous = { snapshot, index, when };
  }
  if (conflicts.length > 0) return { kind: 'conflicts', conflicts };
  return { kind: 'rebased', migrations, superfluous };
}

/** The same file under its own name, or under the number that it got when it was rebased before. */
function isSame(one: SideMigration, other: SideMigration): boolean {
  return one.sql === other.sql && nameOf(one) === nameOf(other);
}

function nameOf({ tag, index }: SideMigration): string {
  return tag.startsWith(`${formatIndex(index)}_`) ? tag.slice(formatIndex(index).length) : tag;
}

/** `0007_x` gets its new number; a tag that starts with a time keeps it. */
function renumber(from: SideMigration, index: number): string {
  const old = `${formatIndex(from.index)}_`;
  return from.tag.startsWith(old) ? `${formatIndex(index)}_${from.tag.slice(old.length)}` : from.tag;
}

/** Those that the snapshots tell of as well: a file can rename a thing and back, or one that no snapshot has. */
function realRenames(renames: readonly Rename[], before: Snapshot, after: Snapshot): readonly Rename[] {
  const real: Rename[] = [];
  let state = before;
  for (const rename of renames) {
    const changes = listChanges(state, after, ITEM_KINDS);
    const isGone = changes.some(({ dropped }) => dropped.some((item) => isSameItem(item, rename.from)));
    const isNew = changes.some(({ created }) => created.some((item) => isSameItem(item, rename.to)));
    if (!isGone || !isNew) continue;
    real.push(rename);
    state = renameInSnapshot(state, after, rename);
  }
  return real;
}

function isRenamedOtherwise({ from, to }: Rename, mainRenames: readonly Rename[]): boolean {
  return mainRenames.some((rename) => isSameItem(rename.from, from) && !isSameItem(rename.to, to));
}

function followRename({ from, to }: Rename, mainRenames: readonly Rename[]): Rename {
  return { from: followItem(from, mainRenames), to: followItem(to, mainRenames) };
}

function pathOf({ kind, schema, table, name }: Item): readonly string[] {
  if (table !== null) return ['tables', `${schema}.${table}`, `${kind}s`, name];
  return [`${kind}s`, `${schema}.${name}`];
}
