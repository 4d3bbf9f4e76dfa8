import type { Write } from '@lockstep/protocol';
import type { Observable } from '@lockstep/sync';
import { valueText } from '../ui/value-text.ts';
import type { EditKeeper } from './edit-keeper.ts';
import type { WriteFailure, WriteOutcome } from './writes.ts';

/** A change on its way: shown instead of the row's value until the row comes back by sync. */
export interface Edit {
  /** One edit a place: a later one takes the place of an earlier. */
  readonly id: string;
  readonly writes: readonly Write[];
  readonly state:
    | { readonly kind: 'saving' }
    /** The server has it; the row is on its way. */
    | { readonly kind: 'sent' }
    | { readonly kind: 'failed'; readonly failure: WriteFailure };
}

export type Edits = ReadonlyMap<string, Edit>;

/** How long a saved edit covers a row that never shows it, e.g. because somebody changed it again at once. */
const SENT_MS_MAX = 15_000;

/** Edits that the server has or gets, and those that it could not be told: nothing typed is lost while the page lives. */
export interface EditStore extends Observable<Edits> {
  save(id: string, writes: readonly Write[]): Promise<WriteOutcome>;
  /** Keeps what failed the application's own check, beside the field, without asking the server. */
  reject(id: string, writes: readonly Write[], message: string): void;
  retry(id: string): Promise<WriteOutcome | null>;
  /** The row shows it, or the person gave it up. */
  drop(id: string): void;
}

export function createEditStore(
  send: (writes: readonly Write[]) => Promise<WriteOutcome>,
  keeper: EditKeeper | null = null,
): EditStore {
  let edits: Edits = new Map((keeper?.read() ?? []).map((edit) => [edit.id, edit]));
  const listeners = new Set<(edits: Edits) => void>();
  const set = (next: Edits) => {
    edits = next;
    keeper?.keep(next);
    for (const listener of listeners) listener(edits);
  };
  const put = (edit: Edit) => set(new Map(edits).set(edit.id, edit));
  const drop = (id: string) => {
    if (!edits.has(id)) return;
    const next = new Map(edits);
    next.delete(id);
    set(next);
  };

  const save = async (id: string, writes: readonly Write[]): Promise<WriteOutcome> => {
    const saving: Edit = { id, writes, state: { kind: 'saving' } };
    put(saving);
    const outcome = await send(writes);
    // A later edit of the same place speaks for itself.
    if (edits.get(id) !== saving) return outcome;
    if (outcome.kind !== 'saved') {
      put({ id, writes, state: { kind: 'failed', failure: outcome } });
      return outcome;
    }
    const sent: Edit = { id, writes, state: { kind: 'sent' } };
    put(sent);
    setTimeout(() => {
      if (edits.get(id) === sent) drop(id);
    }, SENT_MS_MAX);
    return outcome;
  };

  return {
    get: () => edits,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    save,
    reject: (id, writes, message) =>
      put({ id, writes, state: { kind: 'failed', failure: { kind: 'invalid', message } } }),
    retry: async (id) => {
      const edit = edits.get(id);
      return edit === undefined ? null : save(id, edit.writes);
    },
    drop,
  };
}

/** Whether a row's value is what an edit wanted. Instants and numbers are compared by what they mean. */
export function isSameValue(live: unknown, wanted: unknown): boolean {
  if (live === wanted) return true;
  if (live instanceof Date && typeof wanted === 'string') return live.getTime() === Date.parse(wanted);
  if (live === null || wanted === null || live === undefined || wanted === undefined) return false;
  return valueText(live) === valueText(wanted);
}
