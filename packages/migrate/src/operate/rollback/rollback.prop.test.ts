import type { Migration } from '@lockstep/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runMigrations } from '../../run/run-migrations.ts';
import { requireMigrated } from '../../run/run-options.ts';
import { openPglite, type TestTarget } from '../../testing/databases.ts';
import { fillTables, readRows } from '../../testing/fill-tables.ts';
import { randomHistory } from '../../testing/random-history.ts';
import { openReplayLab, type ReplayLab } from '../../testing/replay-lab.ts';
import { fingerprint, readStructure } from '../structure/index.ts';
import { type RollbackResult, rollback } from './rollback.ts';

const isLong = process.env.LOCKSTEP_LONG === '1';
const RUNS = Number(process.env.LOCKSTEP_RUNS ?? (isLong ? 60 : 3));

let lab: ReplayLab;
let target: TestTarget;
beforeAll(async () => {
  [lab, target] = [await openReplayLab(), await openPglite()];
});
afterAll(async () => {
  await lab.close();
  await target.close();
});

const history = fc
  .array(fc.record({ operation: fc.nat(), pick: fc.nat({ max: 1000 }), endsMigration: fc.boolean() }), {
    minLength: 6,
    maxLength: isLong ? 20 : 10,
  })
  .map(randomHistory);

const counts = { undone: 0, kept: 0, refused: 0, withoutDown: 0 };

/** The structure's fingerprint, and every row. */
async function look() {
  return {
    structure: await fingerprint(await readStructure(target.executor)),
    rows: await readRows(target.executor),
  };
}

async function apply(migrations: readonly Migration[], stash: boolean): Promise<void> {
  const options = { target: 'embedded', stash: stash ? {} : false } as const;
  requireMigrated(await runMigrations(target.executor, { migrations }, options));
}

const undo = (to: string, stash: boolean): Promise<RollbackResult> =>
  rollback(target.executor, { to, target: 'embedded', stash, acceptLoss: !stash });

/** Goes through a history, and at each step down and up again: nothing may have changed, of structure or data. */
async function expectReversible(files: readonly string[], stash: boolean): Promise<void> {
  const migrations = await lab.compile(files, [], { downs: 'derive' });
  await target.reset();
  await apply(migrations.slice(0, 1), stash);
  for (let index = 1; index < migrations.length; index += 1) {
    await fillTables(target.executor, index * 100, 5);
    const before = await look();
    await apply(migrations.slice(0, index + 1), stash);
    const behind = await look();
    const to = migrations[index - 1]?.tag ?? '';
    if (migrations[index]?.down === null) {
      counts.withoutDown += 1;
      continue;
    }
    expect(await undo(to, stash)).toMatchObject({ kind: 'rolled-back' });
    expect(await look()).toEqual(before);
    counts.undone += 1;
    await apply(migrations.slice(0, index + 1), stash);
    expect(await look()).toEqual(behind);

    await fillTables(target.executor, index * 100 + 50, 5);
    const grown = await look();
    const result = await undo(to, stash);
    if (result.kind === 'failed') {
      // A value of now that has no place in the structure of then: refused, with everything as it was.
      expect(result.error.code).toBe('ROLLBACK_FAILED');
      expect(await look()).toEqual(grown);
      counts.refused += 1;
      continue;
    }
    await apply(migrations.slice(0, index + 1), stash);
    expect(await look()).toEqual(grown);
    counts.kept += 1;
  }
}

test('D3: of any history, up and down is nothing at all, and up, down, up keeps every value', async () => {
  await fc.assert(
    fc.asyncProperty(history, (files) => expectReversible(files, true)),
    { seed: Number(process.env.LOCKSTEP_SEED ?? 11), numRuns: RUNS },
  );
  if (isLong) console.log(`rollback properties: ${JSON.stringify(counts)}`);
  expect(counts.undone).toBeGreaterThan(counts.withoutDown);
  expect(counts.kept).toBeGreaterThan(0);
}, 1_800_000);

test('control: with the stash switched off the data is not what it was', async () => {
  const files = [
    'CREATE TABLE items (id integer PRIMARY KEY, name text);',
    'ALTER TABLE items DROP COLUMN name;',
  ];
  await expectReversible(files, true);
  await expect(expectReversible(files, false)).rejects.toThrow(/deeply equal/);
});
