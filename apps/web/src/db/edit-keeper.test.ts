import { expect, test } from 'vitest';
import { keepEditsIn } from './edit-keeper.ts';
import { createEditStore } from './edits.ts';

function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  } as Storage;
}

const writes = [
  { operation: 'update' as const, table: 'tasks', key: { id: '1' }, values: { title: 'typed' } },
];

test('what was typed and not saved survives a reload of the tab, for that person alone', async () => {
  const storage = memoryStorage();
  const store = createEditStore(async () => ({ kind: 'too-old' }), keepEditsIn(storage, 'ada'));
  await store.save('title', writes);
  const reloaded = createEditStore(async () => ({ kind: 'saved', txid: 1 }), keepEditsIn(storage, 'ada'));
  expect(reloaded.get().get('title')).toEqual({
    id: 'title',
    writes,
    state: { kind: 'failed', failure: { kind: 'offline' } },
  });
  expect(createEditStore(async () => ({ kind: 'offline' }), keepEditsIn(storage, 'bruno')).get().size).toBe(
    0,
  );
  await reloaded.retry('title');
  expect(keepEditsIn(storage, 'ada').read()).toEqual([]);
});

test('a storage that holds something else is as good as empty', () => {
  const storage = memoryStorage();
  storage.setItem('lockstep.edits.ada', '{"not":"edits"}');
  expect(keepEditsIn(storage, 'ada').read()).toEqual([]);
});
