import { type ChildProcess, spawn } from 'node:child_process';
import { startProxy } from '@lockstep/electric-proxy';
import { createTestDatabase, type TestDatabase } from '@lockstep/local-postgres';
import { bundle } from '@org/core/migrations';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fromRoot } from '../root.ts';
import { seedDatabase } from '../seed/seed-database.ts';
import { applyThroughProxy } from '../stack/apply.ts';
import { type EmbeddedElectric, startEmbeddedElectric } from '../stack/shape-server.ts';

let database: TestDatabase;
let electric: EmbeddedElectric;
let example: ChildProcess;
let printed = '';

beforeAll(async () => {
  database = await createTestDatabase();
  const proxy = await startProxy({ upstreamUrl: database.url, password: 'secret', port: 0 });
  await applyThroughProxy(proxy.url(database.name), bundle);
  await proxy.close();
  await seedDatabase(database.url);
  electric = await startEmbeddedElectric(database.url, 0);
  example = spawn(process.execPath, [fromRoot('scripts/examples/shape-stream.mjs')], {
    env: { ...process.env, ELECTRIC_URL: electric.url },
  });
  example.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
});
afterAll(async () => {
  example.kill();
  await electric.stop();
  await database.drop();
});

test('ten lines with the published client print the seeded rows, then live changes', async () => {
  await vi.waitFor(() => expect(printed).toContain('up-to-date'), 20_000);
  const [seeded] = await database.query<{ titles: string[] }>(
    'SELECT array_agg(title) AS titles FROM tasks WHERE number <= 10',
  );
  for (const title of seeded?.titles ?? []) expect(printed).toContain(`insert ${title}`);
  await database.query("UPDATE tasks SET title = 'Changed while somebody watched' WHERE number = 3");
  await vi.waitFor(() => expect(printed).toContain('update Changed while somebody watched'), 20_000);
});
