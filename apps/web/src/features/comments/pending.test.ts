import { expect, test } from 'vitest';
import type { Edit } from '../../db/edits.ts';
import { pendingComments, settledCommentEdits } from './pending.ts';
import type { CommentRow } from './queries.ts';

const row = (id: string, body: string) => ({ comment: { id, body }, authorName: null }) as CommentRow;
const insert = (id: string, state: Edit['state']): Edit => ({
  id: `insert ${id}`,
  writes: [{ operation: 'insert', table: 'comments', values: { id, body: 'Hello' } }],
  state,
});
const update = (id: string, body: string, state: Edit['state']): Edit => ({
  id: `update ${id}`,
  writes: [{ operation: 'update', table: 'comments', key: { id }, values: { body } }],
  state,
});

test('a new comment is shown until its row is here, also when the answer to it was lost', () => {
  const edit = insert('a', { kind: 'failed', failure: { kind: 'offline' } });
  expect(pendingComments([edit], [])).toEqual([{ edit, body: 'Hello' }]);
  expect(pendingComments([edit], [row('a', 'Hello')])).toEqual([]);
  expect(settledCommentEdits([edit], [row('a', 'Hello')])).toEqual(['insert a']);
});

test('a changed comment is settled by its new text, not by its row', () => {
  const edit = update('a', 'New', { kind: 'sent' });
  expect(settledCommentEdits([edit], [row('a', 'Old')])).toEqual([]);
  expect(settledCommentEdits([edit], [row('a', 'New')])).toEqual(['update a']);
});
