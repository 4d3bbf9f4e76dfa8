import { LockstepError } from '@lockstep/protocol';
import { formatItem, type Item, type Rename, spellingsOf } from './item.ts';

/** What was said on the command line: `items.name=items.title`, `items.old`, with a kind before it where two fit: `enum:state`. */
export interface Hints {
  /** `FROM=TO` each. */
  readonly rename?: readonly string[];
  readonly drop?: readonly string[];
  readonly create?: readonly string[];
}

type HintKind = 'rename' | 'drop' | 'create';

/** Hints that remember which of them named something. */
export interface HintReader {
  /** The item that a `--rename` makes of a dropped one, or null where none speaks of it. */
  renameOf(dropped: Item, created: readonly Item[], renames: readonly Rename[]): Item | null;
  isDrop(dropped: Item, renames: readonly Rename[]): boolean;
  isCreate(created: Item, renames: readonly Rename[]): boolean;
  /** Throws GENERATE_HINT_UNKNOWN for one that named nothing. `dropped` and `created` is what could be named. */
  requireAllUsed(could: { readonly dropped: readonly Item[]; readonly created: readonly Item[] }): void;
}

export function readHints(hints: Hints): HintReader {
  const renames = (hints.rename ?? []).map(parseRename);
  const used = new Set<string>();
  const note = (kind: HintKind, text: string) => used.add(`--${kind} ${text}`);
  const find = (kind: 'drop' | 'create', item: Item, known: readonly Rename[]) => {
    const spellings = spellingsOf(item, known);
    const found = (hints[kind] ?? []).filter((text) => spellings.has(text));
    for (const text of found) note(kind, text);
    return found.length > 0;
  };
  return {
    renameOf(dropped, created, known) {
      const from = spellingsOf(dropped, known);
      for (const rename of renames) {
        if (!from.has(rename.from)) continue;
        const to = created.find((item) => isNamedBy(item, rename.to, known));
        if (to === undefined) continue;
        note('rename', rename.text);
        return to;
      }
      return null;
    },
    isDrop: (item, known) => find('drop', item, known),
    isCreate: (item, known) => find('create', item, known),
    requireAllUsed(could) {
      const said = (['rename', 'drop', 'create'] as const).flatMap((kind) =>
        (hints[kind] ?? []).map((text) => `--${kind} ${text}`),
      );
      const unused = said.filter((text) => !used.has(text));
      if (unused.length > 0) throw unknownHint(unused, could);
    },
  };
}

/** `items.title`, or `title` alone: what a column is renamed to is in the same table anyway. */
function isNamedBy(item: Item, text: string, known: readonly Rename[]): boolean {
  return spellingsOf(item, known).has(text) || (item.table !== null && text === item.name);
}

function parseRename(text: string): { readonly text: string; readonly from: string; readonly to: string } {
  const [from, to, ...rest] = text.split('=');
  if (!from || !to || rest.length > 0) {
    throw new LockstepError('GENERATE_HINT_UNKNOWN', {
      message: `--rename ${text} is not of the form FROM=TO.`,
      remedy: 'Write it like --rename items.name=items.title, or --rename old_table=new_table.',
    });
  }
  return { text, from, to };
}

function unknownHint(
  unused: readonly string[],
  could: { readonly dropped: readonly Item[]; readonly created: readonly Item[] },
): LockstepError {
  const list = (items: readonly Item[]) =>
    items.length === 0 ? 'nothing' : items.map((item) => `${item.kind} ${formatItem(item)}`).join(', ');
  return new LockstepError('GENERATE_HINT_UNKNOWN', {
    message: `${unused.join(', ')}: names nothing that the schema no longer has, or newly has.`,
    remedy: `Gone from the schema: ${list(could.dropped)}. New: ${list(could.created)}. Nothing was written.`,
  });
}
