import type { JsonValue } from '../../db/use-field.ts';

/** What every editor of a value gets. */
export interface EditorProps {
  readonly label: string;
  readonly value: unknown;
  readonly onSave: (value: JsonValue) => void;
}
