import { type Change, isAmbiguous, LAYERS, listChanges } from './changes.ts';
import type { HintReader } from './hints.ts';
import { flagName, type Item, isSameItem, type Rename } from './item.ts';
import { renameInSnapshot } from './rename-snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** Something is gone, and something of its kind is new: it was renamed to one of the candidates, or dropped. */
export interface RenameQuestion {
  readonly dropped: Item;
  readonly candidates: readonly Item[];
  /** What to add to the command for each possibility. */
  readonly flags: readonly string[];
}

export type RenameAnswer = { readonly kind: 'drop' } | { readonly kind: 'rename'; readonly to: Item };

export interface Decisions {
  readonly renames: readonly Rename[];
  readonly undecided: readonly RenameQuestion[];
  /** The snapshot before, with the renames in it. */
  readonly renamed: Snapshot;
}

export interface DecideOptions {
  readonly hints: HintReader;
  /** Asks a person; null where there is none to ask. */
  readonly ask: ((question: RenameQuestion) => Promise<RenameAnswer>) | null;
}

/**
 * Decides what was renamed and what was dropped, by the hints first, then by asking. Nothing is guessed: what nobody
 * decided comes back as a question. Throws GENERATE_HINT_UNKNOWN.
 */
export async function decideRenames(
  before: Snapshot,
  after: Snapshot,
  { hints, ask }: DecideOptions,
): Promise<Decisions> {
  let renamed = before;
  const renames: Rename[] = [];
  const undecided: RenameQuestion[] = [];
  const seen = { dropped: [] as Item[], created: [] as Item[] };
  for (const kinds of LAYERS) {
    const changes = listChanges(renamed, after, kinds);
    for (const change of changes) {
      seen.dropped.push(...change.dropped);
      seen.created.push(...change.created);
      const decided = readDecided(change, hints, renames);
      for (const rename of decided.renames) {
        renames.push(rename);
        renamed = renameInSnapshot(renamed, after, rename);
      }
      let { candidates } = decided;
      for (const dropped of decided.open) {
        const question = toQuestion(dropped, candidates, seen);
        if (ask === null) {
          undecided.push(question);
          continue;
        }
        const answer = await ask(question);
        if (answer.kind === 'drop') continue;
        const rename = { from: dropped, to: answer.to };
        renames.push(rename);
        renamed = renameInSnapshot(renamed, after, rename);
        candidates = candidates.filter((item) => !isSameItem(item, answer.to));
      }
    }
  }
  // What a question hides could have been named: the question comes first.
  if (undecided.length === 0) hints.requireAllUsed(seen);
  return { renames, undecided, renamed };
}

interface Decided {
  readonly renames: readonly Rename[];
  /** Gone, and nobody said why. */
  readonly open: readonly Item[];
  readonly candidates: readonly Item[];
}

function readDecided(change: Change, hints: HintReader, known: readonly Rename[]): Decided {
  const renames: Rename[] = [];
  const open: Item[] = [];
  let candidates = change.created.filter((item) => !hints.isCreate(item, known));
  for (const dropped of change.dropped) {
    if (hints.isDrop(dropped, known)) continue;
    const to = hints.renameOf(dropped, candidates, known);
    if (to === null) open.push(dropped);
    else {
      renames.push({ from: dropped, to });
      candidates = candidates.filter((item) => item !== to);
    }
  }
  // Nothing new of this kind: it can't be anything but a drop, as drizzle-kit has it.
  return isAmbiguous(change) ? { renames, open, candidates } : { renames, open: [], candidates };
}

function toQuestion(
  dropped: Item,
  candidates: readonly Item[],
  seen: { readonly dropped: readonly Item[]; readonly created: readonly Item[] },
): RenameQuestion {
  const all = [...seen.dropped, ...seen.created];
  const from = flagName(dropped, all);
  const flags = [...candidates.map((item) => `--rename ${from}=${flagName(item, all)}`), `--drop ${from}`];
  return { dropped, candidates, flags };
}
