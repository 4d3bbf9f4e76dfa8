import type { Write } from '@lockstep/protocol';
import { useEffect } from 'react';
import { type Edit, isSameValue } from './edits.ts';
import { useEditStore, useEdits } from './use-session.tsx';

/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export interface FieldPlace {
  readonly table: string;
  /** The row's key, by column name. */
  readonly key: Readonly<Record<string, string>>;
  readonly column: string;
}

export interface Field {
  /** What to show: the edit while there is one, else the row's value. */
  readonly value: unknown;
  readonly edit: Edit | null;
  /** `problem` is what the application's own check says; the server is not asked then. */
  readonly save: (value: JsonValue, problem: string | null) => void;
  readonly retry: () => void;
  readonly discard: () => void;
}

/** One column of one row, editable. */
export function useField(place: FieldPlace, live: unknown): Field {
  const store = useEditStore();
  const id = fieldId(place);
  const edit = useEdits().get(id) ?? null;
  const wanted = edit === null ? undefined : wantedValue(edit, place.column);
  const isShown = edit?.state.kind === 'sent' && isSameValue(live, wanted);

  useEffect(() => {
    if (isShown) store.drop(id);
  }, [isShown, store, id]);

  return {
    value: edit === null || isShown ? live : wanted,
    edit: isShown ? null : edit,
    save: (value, problem) => {
      const writes: Write[] = [
        {
          operation: 'update',
          table: place.table,
          key: { ...place.key },
          values: { [place.column]: value as never },
        },
      ];
      if (problem !== null) return store.reject(id, writes, problem);
      if (isSameValue(live, value) && edit === null) return;
      void store.save(id, writes);
    },
    retry: () => void store.retry(id),
    discard: () => store.drop(id),
  };
}

function fieldId({ table, key, column }: FieldPlace): string {
  return JSON.stringify([table, Object.entries(key).sort(([a], [b]) => a.localeCompare(b)), column]);
}

function wantedValue(edit: Edit, column: string): unknown {
  const [write] = edit.writes;
  return write !== undefined && 'values' in write ? write.values[column] : undefined;
}
