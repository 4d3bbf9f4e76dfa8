import { getTableName } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { useEffect } from 'react';
import { type Edit, isSameValue } from './edits.ts';
import { updateOf } from './names.ts';
import { useEditStore, useEdits } from './use-session.tsx';

/** What JSON can say. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** One column of one row, in the schema's words. */
export interface FieldPlace {
  readonly table: PgTable;
  /** The row's key, by property. */
  readonly key: Readonly<Record<string, string>>;
  readonly property: string;
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
  const wanted = edit === null ? undefined : wantedValue(edit);
  const isShown = edit?.state.kind === 'sent' && isSameValue(live, wanted);

  useEffect(() => {
    if (isShown) store.drop(id);
  }, [isShown, store, id]);

  return {
    value: edit === null || isShown ? live : wanted,
    edit: isShown ? null : edit,
    save: (value, problem) => {
      const writes = [updateOf(place.table, place.key, { [place.property]: value })];
      if (problem !== null) return store.reject(id, writes, problem);
      if (isSameValue(live, value) && edit === null) return;
      void store.save(id, writes);
    },
    // Written anew: the edit may be of before a reload that brought another name for the column.
    retry: () => void store.save(id, [updateOf(place.table, place.key, { [place.property]: wanted })]),
    discard: () => store.drop(id),
  };
}

function fieldId({ table, key, property }: FieldPlace): string {
  return JSON.stringify([getTableName(table), Object.entries(key), property]);
}

/** An edit of a field writes one value. */
function wantedValue(edit: Edit): unknown {
  const [write] = edit.writes;
  return write !== undefined && 'values' in write ? Object.values(write.values)[0] : undefined;
}
