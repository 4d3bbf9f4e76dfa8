import { labels, validators } from '@org/core';
import type { EditStore } from '../../db/edits.ts';
import type { WriteOutcome } from '../../db/writes.ts';

export interface NewLabel {
  readonly workspaceId: string;
  readonly name: string;
  readonly color: string;
}

/** What the application's own check says of a label's name; null when it is fine. */
export function checkLabelName(name: string): string | null {
  const result = validators.labels.update.safeParse({ name });
  return result.success ? null : (result.error.issues[0]?.message ?? 'This name does not fit.');
}

export async function addLabel(edits: EditStore, label: NewLabel): Promise<WriteOutcome> {
  const id = crypto.randomUUID();
  const editId = JSON.stringify(['labels', id]);
  const values = {
    [labels.id.name]: id,
    [labels.workspaceId.name]: label.workspaceId,
    [labels.name.name]: label.name,
    [labels.color.name]: label.color,
  };
  const outcome = await edits.save(editId, [{ operation: 'insert', table: 'labels', values }]);
  edits.drop(editId);
  return outcome;
}
