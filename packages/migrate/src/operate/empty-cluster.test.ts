import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openPglite } from './open-pglite.ts';

let folder: string;
const cache = () => join(folder, 'node_modules', '.cache', 'lockstep');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lockstep-cache-'));
  await mkdir(join(folder, 'node_modules'));
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const tables = async () => {
  const { executor, close } = await openPglite(null);
  try {
    await executor.exec('CREATE TABLE items (id int)');
    return await executor.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace");
  } finally {
    await close();
  }
};

test('an empty cluster is kept, boots the next one as empty, and a damaged copy is made anew', async () => {
  const only = [{ relname: 'items' }];
  expect(await tables()).toEqual(only);
  const [kept = ''] = await readdir(cache());
  expect(kept).toMatch(/^pglite-[\d.]+\.tar$/);
  expect(await tables()).toEqual(only);
  await writeFile(join(cache(), kept), 'no tar');
  expect(await tables()).toEqual(only);
  expect(await readdir(cache())).toEqual([kept]);
});
