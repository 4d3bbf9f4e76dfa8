import { afterEach, expect, test, vi } from 'vitest';
import type { isVisible } from './shape/visibility.ts';
import { type FollowedShape, followShape } from './testing/client.ts';
import { startTestServer, type TestServer } from './testing/server.ts';
import { runWorkload, type Workload } from './testing/workload.ts';

/** What the controls put in the place of the filter. */
const filter = vi.hoisted(() => ({ replacement: null as typeof isVisible | null }));
vi.mock('./shape/visibility.ts', async (load) => {
  const original = await load<{ isVisible: typeof isVisible }>();
  const chosen: typeof isVisible = (xid, point) => (filter.replacement ?? original.isVisible)(xid, point);
  return { ...original, isVisible: chosen };
});

const SEED = Number(process.env.LOCKSTEP_SEED ?? 20261120);
const ROUNDS = Number(process.env.LOCKSTEP_ROUNDS ?? 4);
const SHAPES_PER_ROUND = 5;

let server: TestServer | null = null;
let workload: Workload | null = null;
let followed: FollowedShape[] = [];
afterEach(async () => {
  await workload?.stop();
  for (const shape of followed) shape.stop();
  await server?.close();
  followed = [];
  workload = null;
  server = null;
});

const byId = (a: readonly unknown[], b: readonly unknown[]) => Number(a[0]) - Number(b[0]);
const WHERES = [
  null,
  'n > 50',
  "title IN ('a', 'b')",
  'n IS NULL OR n < 20',
  "n = 7 AND title <> 'c'",
] as const;

/**
 * Shapes are begun again and again while many connections write; what the client got must fit together (no row
 * twice, none missing) and, when all is quiet, equal the table. Answers how many faults there were.
 */
async function countFaults(
  replacement: typeof isVisible | null = null,
): Promise<{ faults: number; changes: number }> {
  filter.replacement = replacement;
  server = await startTestServer([
    'CREATE TABLE items (id int PRIMARY KEY, title text, n int)',
    'INSERT INTO items SELECT i, chr(97 + i % 5), i % 100 FROM generate_series(1, 2000) i',
  ]);
  workload = runWorkload(server.database.url, { seed: SEED, connections: 6, rows: 2000 });
  const checks: { readonly shape: FollowedShape; readonly where: string | null }[] = [];
  const rounds = replacement === null ? ROUNDS : 2;
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < SHAPES_PER_ROUND; index += 1) {
      const base = WHERES[index % WHERES.length] ?? null;
      // Another constant makes another shape, with a snapshot of its own.
      const unique = `${round} = ${round}`;
      const where = base === null ? unique : `(${base}) AND ${unique}`;
      const shape = followShape(server.url, { table: 'items', where, replica: 'full' });
      followed.push(shape);
      checks.push({ shape, where });
    }
    await workload.advance(150);
  }
  const { transactions } = await workload.stop();
  await server.database.query("INSERT INTO items VALUES (-1, 'a', 7), (-2, NULL, NULL), (-3, 'a', 77)");
  let faults = 0;
  for (const { shape, where } of checks) {
    const expected = await server.database.query<{ id: string; title: string | null; n: string | null }>(
      `SELECT id::text, title, n::text FROM items${where === null ? '' : ` WHERE ${where}`}`,
    );
    const want = JSON.stringify(expected.map((row) => [row.id, row.title, row.n]).sort(byId));
    const have = () =>
      JSON.stringify([...shape.rows().values()].map((row) => [row.id, row.title, row.n]).sort(byId));
    const isEqual =
      shape.contradictions() === 0 &&
      (await expect
        .poll(have, { timeout: replacement === null ? 20_000 : 1_000 })
        .toBe(want)
        .then(
          () => true,
          () => false,
        ));
    if (!isEqual || shape.contradictions() > 0) faults += 1;
    expect(shape.refetches()).toBe(0);
    if (faults > 0 && replacement !== null) break;
  }
  return { faults, changes: transactions };
}

test('snapshots taken among concurrent transactions join the log without gap or double row', async () => {
  const { faults, changes } = await countFaults();
  console.info(
    `seed ${SEED}: ${changes} transactions, ${ROUNDS * SHAPES_PER_ROUND} shapes, ${faults} faults`,
  );
  expect(changes).toBeGreaterThan(500);
  expect(faults).toBe(0);
});

test('control: without the filter rows come twice, and that is noticed', async () => {
  const { faults } = await countFaults(() => false);
  expect(faults).toBeGreaterThan(0);
});
