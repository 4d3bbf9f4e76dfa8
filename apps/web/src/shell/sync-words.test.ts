import type { ShapeStatus, SyncStatus } from '@lockstep/sync';
import { expect, test } from 'vitest';
import { describeSync } from './sync-words.ts';

const page = { tag: '0001_one', index: 1, chain: 'a'.repeat(64) };
const shape = (table: string, part: Partial<ShapeStatus> = {}) =>
  ({ table, rows: 100, bytes: 1, position: null, kind: 'live', ...part }) as ShapeStatus;

function status(kind: SyncStatus['kind'], shapes: readonly ShapeStatus[] = []): SyncStatus {
  return {
    kind,
    shapes: Object.fromEntries(shapes.map((one) => [one.table, one])),
    versions: { page, local: page, server: page },
    isReloadOffered: false,
    isLeader: true,
    error: null,
  };
}

test('live, also when the server is yet to get a table', () => {
  expect(describeSync(status('live', [shape('tasks'), shape('notes', { kind: 'waiting' })]))).toMatchObject({
    tone: 'good',
    text: 'Live',
  });
});

test('loading, with how far', () => {
  const shapes = [shape('tasks', { kind: 'loading' }), shape('users')];
  expect(describeSync(status('loading', shapes))).toMatchObject({ text: 'Loading… 200 rows', percent: 50 });
});

test('offline says that what is here is shown', () => {
  expect(describeSync(status('offline')).text).toBe('Offline, showing what is here');
});

test('tables that wait for a reload are named', () => {
  const behind = shape('tasks', { kind: 'schema-behind', missing: ['title'] } as never);
  expect(describeSync(status('live', [behind]))).toMatchObject({
    tone: 'warn',
    detail: 'Waiting for a reload: tasks.',
  });
});
