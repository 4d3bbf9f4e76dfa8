import { comments } from '@org/core';
import type { Edit } from '../../db/edits.ts';
import { isSameValue } from '../../db/edits.ts';
import { valueText } from '../../ui/value-text.ts';
import type { CommentRow } from './queries.ts';

interface PendingComment {
  readonly edit: Edit;
  readonly body: string;
}

/** New comments whose rows are not here yet. */
export function pendingComments(
  edits: readonly Edit[],
  rows: readonly CommentRow[],
): readonly PendingComment[] {
  const here = new Set(rows.map((row) => row.comment.id));
  return edits.flatMap((edit) => {
    const [write] = edit.writes;
    if (write?.operation !== 'insert' || here.has(valueText(write.values[comments.id.name]))) return [];
    return [{ edit, body: valueText(write.values[comments.body.name]) }];
  });
}

/** The edits that the rows show now. */
export function settledCommentEdits(edits: readonly Edit[], rows: readonly CommentRow[]): readonly string[] {
  const bodies = new Map(rows.map((row) => [row.comment.id, row.comment.body]));
  return edits
    .filter(({ writes: [write], state }) => {
      if (write === undefined || write.operation === 'delete') return false;
      // Its row is the proof, also when the answer to the write was lost on the way.
      if (write.operation === 'insert') return bodies.has(valueText(write.values[comments.id.name]));
      if (state.kind !== 'sent') return false;
      return isSameValue(
        bodies.get(valueText(write.key[comments.id.name])),
        write.values[comments.body.name],
      );
    })
    .map((edit) => edit.id);
}
