import { expect, it } from 'vitest';
import { openPglite, openPostgres } from '../../testing/databases.ts';
import { makeTables, measureStructure } from '../../testing/measure-structure.ts';

const LIMIT_MS = 300;

it.each([
  ['PGlite', openPglite],
  ['Postgres', openPostgres],
] as const)('the fingerprint of 200 tables on %s takes less than 300 ms', async (_name, open) => {
  const db = await open();
  await makeTables(db.executor);
  const { objects, firstMs, bestMs } = await measureStructure(db.executor);
  await db.close();
  if (process.env.LOCKSTEP_LONG === '1')
    console.log(
      `Fingerprint of ${objects} objects: ${Math.round(firstMs)} ms, then ${Math.round(bestMs)} ms.`,
    );
  expect(objects).toBeGreaterThan(3000);
  expect(bestMs).toBeLessThan(LIMIT_MS);
});
