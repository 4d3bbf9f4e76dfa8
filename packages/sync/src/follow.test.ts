import type { Change } from '@lockstep/protocol';
import { describe, expect, it } from 'vitest';
import { canFollow, decideTarget, planTables, positionChanges } from './follow.ts';
import { type HistoryStep, makeHistory, makeTable } from './testing/history.ts';

const ITEMS = ['id integer key', 'title text', 'note text null'];
const NOTES = ['id integer key', 'body text'];
let serial = 0;

function step(
  footprint: readonly Change[],
  items: readonly string[],
  more: readonly HistoryStep['tables'][number][] = [],
): HistoryStep {
  serial += 1;
  return {
    tag: `step_${serial}`,
    statements: [],
    footprint,
    tables: [makeTable('items', items), makeTable('notes', NOTES), ...more],
  };
}

const start = step([{ kind: 'create-table', table: 'items' }], ITEMS);
const addPrice = step(
  [{ kind: 'add-column', table: 'items', column: 'price', rowsDiffer: false }],
  [...ITEMS, 'price numeric null'],
);
const renameTitle = step(
  [{ kind: 'rename-column', table: 'items', column: 'title', to: 'name' }],
  ['id integer key', 'name text', 'note text null'],
);
const dropNote = step([{ kind: 'drop-column', table: 'items', column: 'note' }], ITEMS.slice(0, 2));
const retype = step(
  [{ kind: 'alter-type', table: 'items', column: 'note', from: 'text', to: 'integer' }],
  [...ITEMS.slice(0, 2), 'note integer null'],
);
const addTags = step([{ kind: 'create-table', table: 'tags' }], ITEMS, [
  makeTable('tags', ['id integer key']),
]);
const dropItems: HistoryStep = {
  tag: 'drop_items',
  statements: [],
  footprint: [{ kind: 'drop-table', table: 'items' }],
  tables: [makeTable('notes', NOTES)],
};
const rekey = step(
  [{ kind: 'alter-key', table: 'items' }],
  ['id integer', 'title text key', 'note text null'],
);

interface Case {
  readonly name: string;
  readonly history: readonly HistoryStep[];
  /** How many of the history the page, the local database and the server have. */
  readonly has: readonly [page: number, local: number, server: number];
  readonly moves: number;
  readonly isReloadOffered: boolean;
  readonly items: unknown;
}

const NAMES = ['id', 'title', 'note'];
const CASES: readonly Case[] = [
  {
    name: 'all at one version',
    history: [start, addPrice],
    has: [2, 2, 2],
    moves: 0,
    isReloadOffered: false,
    items: { kind: 'sync', columns: [...NAMES, 'price'] },
  },
  {
    name: 'the server gained a column',
    history: [start, addPrice],
    has: [1, 1, 2],
    moves: 1,
    isReloadOffered: false,
    items: { kind: 'sync', columns: [...NAMES, 'price'] },
  },
  {
    name: 'the page is ahead',
    history: [start, addPrice],
    has: [2, 2, 1],
    moves: 0,
    isReloadOffered: false,
    items: { kind: 'sync', columns: NAMES },
  },
  {
    name: 'an earlier page followed already',
    history: [start, addPrice],
    has: [1, 2, 2],
    moves: 0,
    isReloadOffered: false,
    items: { kind: 'sync', columns: [...NAMES, 'price'] },
  },
  {
    name: 'the server has nothing',
    history: [start],
    has: [1, 1, 0],
    moves: 0,
    isReloadOffered: false,
    items: { kind: 'not-there-yet' },
  },
  {
    name: 'a column that the page needs was renamed',
    history: [start, renameTitle],
    has: [1, 1, 2],
    moves: 0,
    isReloadOffered: true,
    items: { kind: 'schema-behind', missing: ['title'] },
  },
  {
    name: 'a nullable column was dropped',
    history: [start, dropNote],
    has: [1, 1, 2],
    moves: 0,
    isReloadOffered: true,
    items: { kind: 'sync', columns: ['id', 'title'] },
  },
  {
    name: 'a nullable column has another type',
    history: [start, retype],
    has: [1, 1, 2],
    moves: 0,
    isReloadOffered: true,
    items: { kind: 'sync', columns: ['id', 'title'] },
  },
  {
    name: 'additions before a rename are followed',
    history: [start, addTags, renameTitle],
    has: [1, 1, 3],
    moves: 1,
    isReloadOffered: true,
    items: { kind: 'schema-behind', missing: ['title'] },
  },
  {
    name: 'the table was dropped',
    history: [start, dropItems],
    has: [1, 1, 2],
    moves: 0,
    isReloadOffered: true,
    items: { kind: 'schema-behind', missing: NAMES },
  },
  {
    name: 'the key is another',
    history: [start, rekey],
    has: [1, 1, 2],
    moves: 0,
    isReloadOffered: true,
    items: { kind: 'schema-behind', missing: ['id'] },
  },
];

describe('decision 10: what a page follows', () => {
  it.each(CASES)('$name', ({ history, has: [page, local, server], moves, isReloadOffered, items }) => {
    const all = makeHistory(history);
    const target = decideTarget({
      page: all.slice(0, page),
      local: all.slice(0, local),
      server: all.slice(0, server),
    });
    expect(target.move).toEqual(all.slice(local, local + moves));
    expect(target.isReloadOffered).toBe(isReloadOffered);
    expect(target.tables.get('items')).toEqual(items);
  });

  it('does not replay another branch on top of a local one', () => {
    const ours = makeHistory([start, addPrice]);
    const theirs = makeHistory([start, addTags]);
    const target = decideTarget({ page: ours, local: ours, server: theirs });
    expect(target).toMatchObject({ move: [], isReloadOffered: true });
    expect(target.tables.get('items')).toEqual({ kind: 'sync', columns: NAMES });
  });

  it('asks again for what a server that went back still has', () => {
    const all = makeHistory([start, addPrice]);
    expect(planTables(all, all.slice(0, 1)).get('items')).toEqual({ kind: 'sync', columns: NAMES });
  });
});

describe('a change that code can live with', () => {
  const page = (makeHistory([start])[0] as ReturnType<typeof makeHistory>[0]).schema;
  const cases: readonly (readonly [Change, boolean])[] = [
    [{ kind: 'create-table', table: 'x' }, true],
    [{ kind: 'drop-table', table: 'items' }, false],
    [{ kind: 'drop-table', table: 'unknown' }, true],
    [{ kind: 'rename-table', table: 'items', to: 'things' }, false],
    [{ kind: 'add-column', table: 'items', column: 'x', rowsDiffer: true }, true],
    [{ kind: 'drop-column', table: 'items', column: 'title' }, false],
    [{ kind: 'drop-column', table: 'items', column: 'unknown' }, true],
    [{ kind: 'rename-column', table: 'items', column: 'title', to: 'y' }, false],
    [{ kind: 'alter-type', table: 'items', column: 'title', from: 'text', to: 'integer' }, false],
    [{ kind: 'alter-nullability', table: 'items', column: 'note', notNull: true }, true],
    [{ kind: 'alter-nullability', table: 'items', column: 'title', notNull: false }, false],
    [{ kind: 'alter-default', table: 'items', column: 'title' }, true],
    [{ kind: 'alter-key', table: 'items' }, false],
    [{ kind: 'alter-constraints', table: 'items' }, true],
    [{ kind: 'alter-enum', type: 'mood', added: ['x'], removed: [] }, true],
    [{ kind: 'alter-enum', type: 'mood', added: [], removed: ['x'] }, false],
    [{ kind: 'write-rows', table: 'items' }, true],
  ];
  it.each(cases)('%j: %s', (change, expected) => {
    const [migration] = makeHistory([step([change], ITEMS)]);
    expect(migration && canFollow(migration, page)).toBe(expected);
  });
});

describe('A8: stored positions', () => {
  it('go with a dropped or renamed table, are forgotten after a new type, and stay otherwise', () => {
    expect(
      positionChanges([
        { kind: 'add-column', table: 'items', column: 'x', rowsDiffer: true },
        { kind: 'write-rows', table: 'items' },
        { kind: 'alter-type', table: 'notes', column: 'body', from: 'text', to: 'integer' },
        { kind: 'drop-table', table: 'old' },
        { kind: 'rename-table', table: 'a', to: 'b' },
      ]),
    ).toEqual({ resync: ['notes'], dropped: ['old'], renamed: [{ from: 'a', to: 'b' }] });
  });
});
