import type { ChangeMessage, RowText } from '@lockstep/protocol';
import { describe, expect, it } from 'vitest';
import { type Answer, addAnswer, BATCH_CHANGES_MAX, coalesce } from './batch.ts';
import { encodeCopyText } from './copy-text.ts';
import { createRowStore, ticketOf } from './raw.ts';

const position = { handle: 'h', offset: '5_0' };

function change(
  operation: 'insert' | 'update' | 'delete',
  value: RowText,
  lsn: string | null = '5',
): ChangeMessage {
  return { key: `k${value.id}`, value, headers: { operation, ...(lsn === null ? {} : { lsn }) } };
}

function answer(changes: readonly ChangeMessage[], isUpToDate: boolean): Answer {
  return { changes, position, isUpToDate, bytes: 10 };
}

describe('I9: a batch', () => {
  it('ends at up-to-date: answers before it wait', () => {
    const first = addAnswer(null, answer([change('insert', { id: '1' })], false));
    expect(first.due).toBeNull();
    const second = addAnswer(first.pending, answer([change('delete', { id: '1' })], true));
    expect(second.pending).toBeNull();
    expect(second.due).toMatchObject({ isSnapshot: false, isUpToDate: true, bytes: 20 });
    expect(second.due?.changes).toHaveLength(2);
  });

  it('of a snapshot is due chunk by chunk', () => {
    const { due } = addAnswer(null, answer([change('insert', { id: '1' }, null)], false));
    expect(due).toMatchObject({ isSnapshot: true, isUpToDate: false });
  });

  it('is due at its limit', () => {
    const many = Array.from({ length: BATCH_CHANGES_MAX }, (_, id) => change('update', { id: String(id) }));
    expect(addAnswer(null, answer(many.slice(1), false)).due).toBeNull();
    expect(addAnswer(null, answer(many, false)).due).not.toBeNull();
  });
});

describe('the net effect of a row’s changes', () => {
  const cases: readonly (readonly [string, readonly ChangeMessage[], object])[] = [
    ['insert', [change('insert', { id: '1', a: 'x' })], { upserts: [{ id: '1', a: 'x' }] }],
    [
      'insert, update',
      [change('insert', { id: '1', a: 'x', b: 'y' }), change('update', { id: '1', a: null })],
      { upserts: [{ id: '1', a: null, b: 'y' }] },
    ],
    [
      'update, update',
      [change('update', { id: '1', a: 'x' }), change('update', { id: '1', b: 'y' })],
      { updates: [{ id: '1', a: 'x', b: 'y' }] },
    ],
    [
      'update, delete',
      [change('update', { id: '1', a: 'x' }), change('delete', { id: '1' })],
      { deletes: [{ id: '1' }] },
    ],
    [
      'insert, delete',
      [change('insert', { id: '1' }), change('delete', { id: '1' })],
      { deletes: [{ id: '1' }] },
    ],
    [
      'delete, insert',
      [change('delete', { id: '1' }), change('insert', { id: '1', a: 'z' })],
      { upserts: [{ id: '1', a: 'z' }] },
    ],
    [
      'delete, update',
      [change('delete', { id: '1' }), change('update', { id: '1', a: 'z' })],
      { deletes: [{ id: '1' }] },
    ],
    [
      'two rows',
      [change('delete', { id: '1' }), change('insert', { id: '2' })],
      { deletes: [{ id: '1' }], upserts: [{ id: '2' }] },
    ],
  ];
  it.each(cases)('%s', (_name, changes, expected) => {
    expect(coalesce(changes)).toEqual({ upserts: [], updates: [], deletes: [], ...expected });
  });
});

describe('I7: rows on their way', () => {
  it('pass the client in a ticket, the control messages stay', async () => {
    const store = createRowStore();
    const early = store.reserve();
    const ticket = store.reserve();
    const body = [change('insert', { id: '1' }), { headers: { control: 'up-to-date' } }];
    const headers = {
      'electric-handle': 'h',
      'electric-offset': '7_1',
      'electric-schema': '{"id":{"type":"int8"}}',
    };
    const shown = await store.keep(ticket, Response.json(body, { headers }));
    expect(shown.headers.get('electric-schema')).toBe('{}');
    const messages = (await shown.json()) as { headers: Record<string, unknown> }[];
    expect(messages.map((message) => message.headers)).toEqual([
      { control: 'lockstep-rows', ticket },
      { control: 'up-to-date' },
    ]);
    expect(ticketOf(messages[0]?.headers ?? {})).toBe(ticket);
    await store.keep(early, Response.json([]));
    expect(store.take(ticket)).toMatchObject({
      position: { handle: 'h', offset: '7_1' },
      isUpToDate: true,
      changes: [{ key: 'k1' }],
    });
    // What was asked for earlier and never delivered is let go.
    expect(store.take(early)).toBeUndefined();
  });

  it('become COPY text', async () => {
    const rows = [{ a: 'x\ty', b: null }, { a: '', b: '\\N' }, { a: '\r\n' }];
    expect(await encodeCopyText(rows, ['a', 'b']).text()).toBe('x\\ty\t\\N\n\t\\\\N\n\\r\\n\t\\N\n');
  });
});
