import type { Change } from '@lockstep/protocol';
import { expect, test } from 'vitest';
import { parseNotes, toChangelog } from './changelog.ts';

const column = (kind: 'add-column' | 'drop-column', name: string, table = 'items'): Change =>
  kind === 'add-column' ? { kind, table, column: name, rowsDiffer: false } : { kind, table, column: name };

test.each<[Change, string]>([
  [{ kind: 'create-table', table: 'app.sub_items' }, 'Sub items are new.'],
  [{ kind: 'create-table', table: 'orderEntry' }, 'Order entries are new.'],
  [{ kind: 'drop-table', table: 'items' }, 'Items are gone.'],
  [{ kind: 'rename-table', table: 'items', to: 'things' }, 'Items are called things now.'],
  [column('add-column', 'estimate'), 'Items have an estimate now.'],
  [column('add-column', 'due_on'), 'Items have a due date now.'],
  [column('add-column', 'owner_id'), 'Items have an owner now.'],
  [column('add-column', 'status'), 'Items have a status now.'],
  [column('add-column', 'tags'), 'Items have tags now.'],
  [column('add-column', 'isHidden'), 'Items can be hidden now.'],
  [column('drop-column', 'color'), 'Items no longer have a color.'],
  [
    { kind: 'rename-column', table: 'items', column: 'name', to: 'full_title' },
    'The name of items is called full title now.',
  ],
  [
    { kind: 'alter-enum', type: 'item_level', added: ['very_high', 'low'], removed: [] },
    'Item level can be very high or low now.',
  ],
  [{ kind: 'alter-enum', type: 'level', added: [], removed: ['low'] }, 'Level can no longer be low.'],
])('A6 %j reads "%s"', (change, sentence) => {
  expect(toChangelog([change])).toEqual([sentence]);
});

test('A6 what nobody sees has no sentence', () => {
  expect(
    toChangelog([
      { kind: 'alter-key', table: 'items' },
      { kind: 'write-rows', table: 'items' },
      { kind: 'alter-enum', type: 'level', added: [], removed: [] },
    ]),
  ).toEqual([]);
});

test('A6 hand-written notes are their first paragraph, without list marks', () => {
  expect(parseNotes('\r\n- Items have colours.\r\n* And *names*.\r\n\r\nNot this.')).toEqual([
    'Items have colours.',
    'And *names*.',
  ]);
  expect(parseNotes('\n')).toEqual([]);
});
